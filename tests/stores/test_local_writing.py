"""A change writes only what differs: each index entry lies in a page of its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sosie.stores.local.store import LocalStore
from support.local_stores import numbered, opened
from support.store_contract.harness import bound, ids


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    store = opened(tmp_path / "shop.sosie")
    store.upsert(numbered(range(20)))
    yield store
    store.close()


def noted(store: LocalStore) -> list[str]:
    """The statements of later writes."""
    statements: list[str] = []
    with store._database.write() as connection:
        connection.set_trace_callback(statements.append)
    return statements


def entries(statements: list[str]) -> list[str]:
    return [s for s in statements if "INTO attribute" in s or "FROM attribute" in s or " words " in s]


@pytest.mark.parametrize("way", ["update", "upsert"])
def test_a_changed_price_leaves_the_brand_and_the_words_alone(store: LocalStore, way: str) -> None:
    [record] = store.get(["0007"])
    attributes = {**record.attributes, "price": 3.5}
    statements = noted(store)
    if way == "update":
        store.update({"0007": attributes})
    else:
        store.upsert([replace(record, attributes=attributes)])
    old, new = entries(statements)
    assert "price" in old
    assert "7.0" in old
    assert "price" in new
    assert "3.5" in new
    assert [record.item_id for record in store.scan(bound(store, "price=3.5"))] == ["0007"]
    assert store.count(bound(store, "price=7")) == 0
    assert store.check().problems == ()


def test_another_brand_is_found_by_its_words(store: LocalStore) -> None:
    [record] = store.get(["0007"])
    store.update({"0007": {"brand": ("zephyr", "brand 2"), "price": 7}})
    assert ids(store.search_text("zephyr", 5)) == ["0007"]
    assert "0007" in ids(store.search_text("brand 2", 20))
    store.update({"0007": record.attributes})
    assert store.search_text("zephyr", 5) == []
    assert store.check().problems == ()


def test_an_unchanged_item_has_no_entry_written(store: LocalStore) -> None:
    statements = noted(store)
    store.upsert(store.get(["0003"]))
    assert entries(statements) == []


def test_an_item_that_cannot_be_read_has_every_entry_written(store: LocalStore) -> None:
    with store._database.write() as connection:
        connection.execute("UPDATE item SET attributes = '{' WHERE item_id = '0005'")
    store.update({"0005": {"brand": "new", "price": 1.0}})
    assert store.count(bound(store, "price=5")) == 0
    assert store.count(bound(store, "brand=new")) == 1
    assert store.check().problems == ()
