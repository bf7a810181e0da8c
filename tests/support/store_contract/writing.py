"""upsert, update and delete."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sosie.errors import UpdateConflict
from sosie.stores.base import Store
from sosie.types import RECORD_FIELDS, Record, Vectors
from support.store_contract.harness import (
    DIM,
    NAME,
    Harness,
    axis,
    bound,
    fill,
    ids,
    leaning,
    light,
    record,
    unit,
    units,
)

FULL = Record(
    item_id="lamp/1",
    product_id="lamp",
    image=("https://a.example/1.jpg", "https://b.example/1.jpg"),
    links=("https://a.example/lamp", "https://a.example/1.jpg"),
    attributes={"brand": "Acme", "price": 19.5, "sale": True, "tags": ("red", "new")},
    content_sha256="ab" * 32,
    vectors={NAME: unit(1), "details@1": unit(2, 12)},
    blobs={"thumbnail": bytes(range(256)), "empty": b""},
    updated_at=1_700_000_000.25,
)
BAD_VECTORS: dict[str, Any] = {
    "another dimension": unit(1, DIM + 1),
    "double precision": unit(1).astype(np.float64),
    "half precision": unit(1).astype(np.float16),
    "a matrix": unit(1)[None],
    "not a number": np.full(DIM, np.nan, np.float32),
    "infinite": np.full(DIM, np.inf, np.float32),
    "zero": np.zeros(DIM, np.float32),
    "too long": unit(1) * np.float32(1.01),
    "too short": unit(1) * np.float32(0.99),
    "huge": np.full(DIM, 3e38, np.float32),
}


class WritingContract:
    def test_a_record_comes_back_whole(self, store: Store, harness: Harness) -> None:
        fill(store, [FULL])
        [got] = store.get(["lamp/1"], [NAME, "details@1", "thumbnail", "empty"])
        assert replace(got, vectors={}) == replace(FULL, vectors={})
        for name, vector in FULL.vectors.items():
            assert got.vectors[name].dtype == np.float32
            np.testing.assert_allclose(got.vectors[name], vector, atol=harness.vector_tolerance, rtol=0)

    def test_image_and_links_keep_their_form(self, store: Store) -> None:
        item, several = (
            replace(record("one"), image="a.jpg"),
            replace(record("two"), image=("a.jpg",), links=("x", "y")),
        )
        fill(store, [item, several])
        assert light(store.get(["one", "two"])) == light([item, several])

    def test_a_record_may_have_neither_vectors_nor_attributes(self, store: Store) -> None:
        fill(store, [Record("bare", "bare", "")])
        assert light(store.get(["bare"], [NAME])) == [Record("bare", "bare", "")]
        assert store.search(NAME, axis(), 5) == [[]]

    def test_upsert_replaces_wholly(self, store: Store) -> None:
        fill(store, [FULL])
        new = Record("lamp/1", "other", "new.jpg", attributes={"price": 3})
        fill(store, [new])
        [got] = store.get(["lamp/1"], [NAME, "details@1", "thumbnail"])
        assert replace(got, updated_at=0.0) == new
        assert store.count() == 1
        assert store.count(bound(store, "brand=Acme")) == 0
        assert store.search(NAME, axis(), 5) == [[]]
        assert store.search_text("Acme", 5) == []

    def test_upsert_twice_changes_nothing(self, store: Store) -> None:
        fill(fill(store, [FULL]), [FULL])
        assert store.count() == 1
        assert ids(store.search(NAME, axis(), 5)[0]) == ["lamp/1"]

    def test_the_last_of_several_with_one_id_wins(self, store: Store) -> None:
        fill(store, [record("a", price=1), record("b"), record("a", leaning(0.5), price=2, brand="Last")])
        assert store.count() == 2
        assert store.get(["a"])[0].attributes == {"price": 2, "brand": "Last"}
        assert {h.item_id: h.score for h in store.search(NAME, axis(), 5)[0]}["a"] == pytest.approx(0.5, abs=1e-3)

    def test_an_empty_upsert_is_no_error(self, store: Store) -> None:
        assert store.upsert([]) == []
        assert store.count() == 0

    @pytest.mark.parametrize("kind", BAD_VECTORS)
    def test_wrong_vectors_are_refused_and_nothing_is_written(self, store: Store, kind: str) -> None:
        fill(store, [record("old", brand="kept")])
        with pytest.raises(ValueError, match="vector"):
            store.upsert([record("new"), record("old"), record("bad", BAD_VECTORS[kind])])
        store.flush()
        assert ids(store.scan()) == ["old"]
        assert store.get(["old"])[0].attributes == {"brand": "kept"}

    def test_a_vector_that_the_manifest_does_not_name_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="embedding@9"):
            store.upsert([record("a"), replace(record("b"), vectors={"embedding@9": unit(1)})])
        assert store.get(["a", "b"]) == []

    def test_a_vector_in_half_precision_is_of_unit_length(self, store: Store) -> None:
        vectors = [unit(seed).astype(np.float16).astype(np.float32) for seed in range(50)]
        fill(store, [record(str(n), vector) for n, vector in enumerate(vectors)])
        assert store.count() == 50

    def test_an_empty_id_is_refused(self, store: Store) -> None:
        with pytest.raises(ValueError, match="item_id"):
            store.upsert([record("a"), Record("", "p", "p.jpg")])
        assert store.get(["a"]) == []

    @pytest.mark.parametrize("name", RECORD_FIELDS)
    def test_an_attribute_named_like_a_field_is_refused(self, store: Store, name: str) -> None:
        with pytest.raises(ValueError, match=name):
            store.upsert([Record("a", "a", "a.jpg", attributes={name: "x"})])
        fill(store, [record("a")])
        with pytest.raises(ValueError, match=name):
            store.update({"a": {name: "x"}})
        assert store.get(["a"])[0].attributes == {}

    @pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 10**400])
    def test_a_number_that_is_not_finite_is_refused(self, store: Store, number: float) -> None:
        with pytest.raises(ValueError, match="price"):
            store.upsert([record("a", price=number)])
        assert store.get(["a"]) == []

    def test_changing_what_was_given_changes_nothing(self, store: Store) -> None:
        vector: Vectors = leaning(0.5)
        attributes = {"brand": "Acme"}
        fill(store, [Record("a", "a", "a.jpg", attributes=attributes, vectors={NAME: vector})])
        vector[:] = axis()[0]
        attributes["brand"] = "changed"
        assert store.search(NAME, axis(), 1)[0][0].score == pytest.approx(0.5, abs=1e-3)
        assert store.get(["a"])[0].attributes == {"brand": "Acme"}

    def test_a_missing_time_is_filled_in(self, store: Store) -> None:
        before = time.time()
        fill(store, [record("a")])
        assert before - 1 <= store.get(["a"])[0].updated_at <= time.time() + 1

    def test_update_replaces_the_attributes_and_leaves_all_else(self, store: Store, harness: Harness) -> None:
        fill(store, [FULL, record("b", brand="Acme")])
        assert store.update({"lamp/1": {"price": 5, "brand": "Neu"}, "nobody": {"price": 1}}) == 1
        store.flush()
        fields = [NAME, "details@1", "thumbnail", "empty"]
        [got, other] = store.get(["lamp/1", "b"], fields)
        assert got.attributes == {"price": 5, "brand": "Neu"}
        assert light([got]) == light([replace(FULL, attributes=got.attributes)])
        assert got.blobs == FULL.blobs
        np.testing.assert_allclose(got.vectors[NAME], FULL.vectors[NAME], atol=harness.vector_tolerance, rtol=0)
        assert other.attributes == {"brand": "Acme"}
        assert ids(store.scan(bound(store, "brand=Acme"))) == ["b"]
        assert ids(store.search_text("neu", 5)) == ["lamp/1"]
        assert ids(store.search(NAME, axis(), 5, bound(store, "price=5"))[0]) == ["lamp/1"]

    def test_update_of_what_is_not_as_expected_is_refused(self, store: Store) -> None:
        fill(store, [record("a", brand="Acme"), record("b", brand="Acme")])
        new = {"a": {"brand": "Neu"}, "nobody": {"brand": "Neu"}}
        assert store.update(new, {"a": {"brand": "Acme"}, "nobody": {"brand": "Acme"}}) == 1
        with pytest.raises(UpdateConflict):
            store.update({"a": {"brand": "Later"}}, {"a": {"brand": "Acme"}})
        assert store.get(["a"])[0].attributes == {"brand": "Neu"}
        store.flush()
        assert ids(store.scan(bound(store, "brand=Neu"))) == ["a"]

    def test_update_of_nothing(self, store: Store) -> None:
        assert store.update({}) == 0
        assert store.update({"nobody": {"brand": "x"}}) == 0
        assert store.get(["nobody"]) == []

    def test_update_can_empty_the_attributes(self, store: Store) -> None:
        fill(store, [record("a", brand="Acme")])
        assert store.update({"a": {}}) == 1
        assert store.get(["a"])[0].attributes == {}

    def test_delete_removes_everywhere(self, store: Store) -> None:
        fill(store, [record("a", brand="Acme"), record("b"), record("c")])
        assert store.delete(["a", "nobody", "c", "a"]) == 2
        store.flush()
        assert ids(store.scan()) == ["b"]
        assert store.get(["a", "c"]) == []
        assert ids(store.search(NAME, axis(), 5)[0]) == ["b"]
        assert store.search_text("Acme", 5) == []
        assert store.count(bound(store, "brand=Acme")) == 0

    def test_delete_of_nothing(self, store: Store) -> None:
        assert store.delete([]) == 0
        assert store.delete(["nobody"]) == 0

    def test_a_deleted_item_can_come_back(self, store: Store) -> None:
        fill(store, [record("a", leaning(0.9), brand="Old")])
        store.delete(["a"])
        fill(store, [record("a", leaning(0.1))])
        assert store.get(["a"])[0].attributes == {}
        assert [hit.score for hit in store.search(NAME, axis(), 5)[0]] == [pytest.approx(0.1, abs=1e-3)]

    def test_some_have_details_of_16_kilobytes(self, store: Store, harness: Harness) -> None:
        details, dice = units(range(600), 12), np.random.default_rng(0)
        plain = [record(f"{n:03}", product_id=f"p{n % 200}") for n in range(600)]
        detailed = {
            entry.item_id: replace(
                entry,
                vectors={**entry.vectors, "details@1": row},
                blobs={"thumbnail": b"x", "details": dice.bytes(2**14)},
            )
            for entry, row in zip(plain[::2], details[::2], strict=True)
        }
        fill(store, [detailed.get(entry.item_id, entry) for entry in plain])
        hits = store.search("details@1", details[:1], 400)[0]
        assert hits[0].item_id == "000"
        assert set(ids(hits)) == detailed.keys()
        assert len(store.search("details@1", details[:1], 400, distinct="product_id")[0]) == 100
        assert len(store.search(NAME, axis(), 601)[0]) == 600
        for got in store.get([entry.item_id for entry in plain], ["details@1", "details"]):
            assert got.blobs.get("details") == detailed.get(got.item_id, got).blobs.get("details")
            assert ("details@1" in got.vectors) == (got.item_id in detailed)

    def test_thousands_of_ids_in_one_call(self, store: Store) -> None:
        names = [f"item {n}" for n in range(5000)]
        fill(store, [Record(name, name, "x.jpg") for name in names])
        assert ids(store.get([*reversed(names), *names])) == [*reversed(names)]
        assert store.update({name: {"price": 1} for name in names}) == 5000
        assert store.delete(names[:4999]) == 4999
        store.flush()
        assert ids(store.scan(bound(store, "price=1"))) == ["item 4999"]
