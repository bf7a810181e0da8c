"""Ids and attributes of any name, any value and any type, whenever they appear."""

from dataclasses import replace
from typing import Any

import pytest

from sosie.filters import Condition, Where, bind
from sosie.stores.base import Store
from sosie.types import AttributeValue, Record, attribute_type
from support.store_contract.harness import (
    NAME,
    Reopen,
    axis,
    bound,
    fill,
    ids,
    learn_attributes,
    light,
    record,
)

NAMES = [
    "Größe (cm)",
    "色",
    "a.b.c",
    "$.a[0]",
    'quo"te',
    "apo'strophe",
    "back\\slash",
    "per%cent_",
    "semi;colon -- DROP TABLE items",
    "new\nline",
    " spaces ",
    "vectors",
    "rowid",
    "_id",
    "SELECT",
    "42",
    "🛋️",
    "n" * 400,
]
VALUES: list[AttributeValue] = [
    "",
    "text",
    "apo'strophe",
    'quo"te',
    "new\nline\ttab",
    " spaces ",
    "色🛋️\U0010ffff",
    "null",
    "true",
    "1",
    "x" * 20_000,
    0,
    1,
    -1,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**70),
    0.0,
    0.1,
    -1e308,
    5e-324,
    1.0,
    True,
    False,
    ("one",),
    ("b", "a", "b", ""),
    ("comma, inside", 'quo"te', "색"),
]
IDS = [
    "plain",
    "with space",
    "ünï/cödé",
    "色#?&=%20",
    "quo\"te'",
    "C:\\shop\\1.jpg",
    "../../up",
    "new\nline",
    "🛋️",
    "\U0010ffff",
    "%_*",
    "-1",
    "NULL",
    " ",
    "x" * 400,
]


def _bind(store: Store, name: str, operator: Any, value: Any) -> Where:
    return bind(Where((Condition(name, operator, (value,)),)), store.manifest.attributes)


class ValueContract:
    @pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__}-{str(value)[:12]!a}")
    def test_values_come_back_as_they_were(self, store: Store, reopen: Reopen, value: AttributeValue) -> None:
        learn_attributes(store, {"value": attribute_type(value)})
        fill(store, [record("a", value=value)])
        for again in (False, True):
            read = reopen(store) if again else store
            got = read.get(["a"])[0].attributes["value"]
            assert got == value
            assert type(got) is type(value)

    @pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__}-{str(value)[:12]!a}")
    def test_values_are_found(self, store: Store, value: AttributeValue) -> None:
        learn_attributes(store, {"value": attribute_type(value)})
        fill(store, [record("a", value=value), record("b")])
        for item in value if isinstance(value, tuple) else (value,):
            where = _bind(store, "value", "=", item)
            assert ids(store.scan(where)) == ["a"]
            assert ids(store.search(NAME, axis(), 5, where)[0]) == ["a"]
            assert store.count(_bind(store, "value", "!=", item)) == 0

    @pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{name[:12]!a}")
    def test_attributes_of_any_name(self, store: Store, name: str) -> None:
        learn_attributes(store, {name: "string"})
        fill(store, [Record(i, i, "x", attributes={name: v}, vectors=record(i).vectors) for i, v in ("ax", "by")])
        assert store.get(["a"])[0].attributes == {name: "x"}
        where = _bind(store, name, "=", "y")
        assert ids(store.scan(where)) == ["b"]
        assert ids(store.search(NAME, axis(), 5, where)[0]) == ["b"]
        assert ids(store.search_text("x", 5)) == ["a"]
        assert store.facets([name])[0].values == (("x", 1), ("y", 1))

    def test_names_that_differ_little_differ(self, store: Store) -> None:
        names = ["size", "Size", "SIZE", "size ", "sizé", "size\u0301", "size.x", "size_x"]
        learn_attributes(store, dict.fromkeys(names, "number"))
        fill(store, [Record("a", "a", "x", attributes={name: n for n, name in enumerate(names)})])
        assert store.get(["a"])[0].attributes == {name: n for n, name in enumerate(names)}
        for n, name in enumerate(names):
            assert store.count(_bind(store, name, "=", float(n))) == 1
            assert store.count(_bind(store, name, "=", float(n + 1))) == 0

    @pytest.mark.parametrize("kind", ["string", "number", "boolean", "strings"])
    def test_an_attribute_may_appear_with_a_later_item(self, store: Store, reopen: Reopen, kind: Any) -> None:
        fill(store, [record(f"old {n}") for n in range(5)])
        store.optimize()
        learn_attributes(store, {"later": kind})
        values: dict[str, Any] = {"string": "x", "number": 1, "boolean": True, "strings": ("x", "y")}
        requested: dict[str, Any] = {**values, "strings": "y"}
        fill(store, [record("new", later=values[kind])])
        assert store.update({"old 3": {"later": values[kind]}}) == 1
        store.flush()
        for again in (False, True):
            read = reopen(store) if again else store
            where = _bind(read, "later", "=", requested[kind])
            assert ids(read.scan(where)) == ["new", "old 3"]
            assert sorted(ids(read.search(NAME, axis(), 9, where)[0])) == ["new", "old 3"]
            assert read.count(_bind(read, "later", "!=", requested[kind])) == 0

    def test_an_empty_list_is_a_missing_value(self, store: Store) -> None:
        fill(store, [record("empty", tags=()), record("full", tags=("a",)), record("none")])
        assert store.get(["empty"])[0].attributes.get("tags", ()) == ()
        assert ids(store.scan(bound(store, "tags=a"))) == ["full"]
        assert ids(store.scan(bound(store, "tags!=b"))) == ["full"]
        assert store.facets(["tags"])[0].values == (("a", 1),)

    @pytest.mark.parametrize("item_id", IDS, ids=lambda item_id: f"{item_id[:12]!a}")
    def test_ids_of_any_text(self, store: Store, reopen: Reopen, item_id: str) -> None:
        own = replace(record(item_id, product_id=item_id + "!", brand="x"), image=item_id, links=(item_id,))
        fill(store, [own, record("neighbor")])
        assert light(store.get([item_id])) == light([own])
        assert ids(store.scan(_bind(store, "item_id", "=", item_id))) == [item_id]
        assert ids(store.scan(_bind(store, "product_id", "=", item_id + "!"))) == [item_id]
        assert item_id in ids(store.search(NAME, axis(), 5, distinct="product_id")[0])
        store = reopen(store)
        assert store.update({item_id: {"brand": "y"}}) == 1
        assert store.delete([item_id]) == 1
        assert store.get([item_id]) == []
