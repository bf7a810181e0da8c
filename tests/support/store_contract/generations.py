"""put_vectors, drop_vectors and the manifest."""

from dataclasses import replace

import numpy as np
import pytest

from sosie.errors import ManifestConflict
from sosie.stores.base import Store
from support.store_contract.harness import (
    MANIFEST,
    NAME,
    Harness,
    Reopen,
    axis,
    fill,
    ids,
    leaning,
    record,
    unit,
    units,
)
from support.store_contract.writing import BAD_VECTORS

NEXT = "embedding@2"


class GenerationContract:
    def test_the_manifest_is_the_one_given(self, store: Store, reopen: Reopen) -> None:
        assert store.manifest == MANIFEST
        assert reopen(store).manifest == MANIFEST

    def test_the_manifest_changes_by_compare_and_set(self, store: Store, reopen: Reopen) -> None:
        new = replace(MANIFEST, active={"embedding": NEXT}, settings={"ü": [1, None, {"a": 0.5}]})
        store.replace_manifest(new, MANIFEST)
        assert store.manifest == new
        assert reopen(store).manifest == new

    def test_a_manifest_may_hold_megabytes(self, store: Store, reopen: Reopen) -> None:
        new = replace(MANIFEST, settings={"adaptation": "Zm9v" * 700_000, "more": {"ü": [1, 2.5]}})
        store.replace_manifest(new, MANIFEST)
        fill(store, [record("a")])
        assert ids(store.search(NAME, axis(), 1)[0]) == ["a"]
        for manifest in (store.manifest, store.manifest, reopen(store).manifest):
            assert manifest == new

    def test_a_stale_manifest_conflicts(self, store: Store) -> None:
        first, second = (replace(MANIFEST, settings={"winner": name}) for name in ("first", "second"))
        store.replace_manifest(first, MANIFEST)
        with pytest.raises(ManifestConflict):
            store.replace_manifest(second, MANIFEST)
        assert store.manifest == first

    def test_put_vectors_sets_a_generation_and_leaves_all_else(self, store: Store, harness: Harness) -> None:
        fill(store, [record("a", brand="Acme"), record("b")])
        matrix = units([7, 8, 9], 8)
        assert store.put_vectors(NEXT, ["a", "nobody", "b"], matrix) == 2
        store.flush()
        got = store.get(["a", "b", "nobody"], [NAME, NEXT])
        assert ids(got) == ["a", "b"]
        assert got[0].attributes == {"brand": "Acme"}
        np.testing.assert_allclose(got[0].vectors[NEXT], matrix[0], atol=harness.vector_tolerance, rtol=0)
        np.testing.assert_allclose(got[1].vectors[NEXT], matrix[2], atol=harness.vector_tolerance, rtol=0)
        assert set(got[0].vectors) == {NAME, NEXT}
        assert ids(store.search(NEXT, matrix[2:], 1)[0]) == ["b"]
        assert len(store.search(NAME, axis(), 5)[0]) == 2

    def test_put_vectors_replaces(self, store: Store) -> None:
        fill(store, [record("a", leaning(0.9)), record("b", leaning(0.5))])
        store.search(NAME, axis(), 2)
        assert store.put_vectors(NAME, ["a"], leaning(0.1)[None]) == 1
        store.flush()
        assert ids(store.search(NAME, axis(), 2)[0]) == ["b", "a"]

    def test_put_vectors_of_nothing(self, store: Store) -> None:
        assert store.put_vectors(NAME, [], np.empty((0, 16), np.float32)) == 0

    @pytest.mark.parametrize("kind", [kind for kind in BAD_VECTORS if kind != "a matrix"])
    def test_put_vectors_refuses_wrong_vectors(self, store: Store, kind: str) -> None:
        fill(store, [record("a", leaning(0.5))])
        with pytest.raises(ValueError, match="vector"):
            store.put_vectors(NAME, ["a"], BAD_VECTORS[kind][None])
        store.flush()
        assert store.search(NAME, axis(), 1)[0][0].score == pytest.approx(0.5, abs=1e-3)

    def test_put_vectors_wants_a_row_for_every_id(self, store: Store) -> None:
        fill(store, [record("a"), record("b")])
        with pytest.raises(ValueError, match="shape"):
            store.put_vectors(NAME, ["a", "b"], units([1, 2, 3]))

    def test_put_vectors_wants_a_name_of_the_manifest(self, store: Store) -> None:
        fill(store, [record("a")])
        with pytest.raises(ValueError, match="embedding@9"):
            store.put_vectors("embedding@9", ["a"], units([1]))

    def test_drop_vectors_forgets_one_name(self, store: Store) -> None:
        fill(store, [replace(record("a", leaning(0.5)), vectors={NAME: leaning(0.5), NEXT: unit(1, 8)})])
        store.drop_vectors(NEXT)
        store.flush()
        assert set(store.get(["a"], [NAME, NEXT])[0].vectors) == {NAME}
        assert store.search(NEXT, axis(8), 5) == [[]]
        assert ids(store.search(NAME, axis(), 5)[0]) == ["a"]
        assert store.manifest == MANIFEST

    def test_drop_vectors_of_a_name_that_is_not_there(self, store: Store) -> None:
        fill(store, [record("a")])
        store.drop_vectors("embedding@9")
        store.drop_vectors(NEXT)
        assert store.count() == 1

    def test_a_new_generation_from_first_to_last(self, store: Store, reopen: Reopen) -> None:
        records = [record(f"{n:02}", unit(n)) for n in range(12)]
        fill(store, records)
        old = store.manifest
        store.replace_manifest(replace(old, vectors={**old.vectors, "embedding@3": 4}), old)
        rows = units(range(12), 4)
        assert store.put_vectors("embedding@3", ids(records), rows) == 12
        store.drop_vectors(NAME)
        wide = store.manifest
        narrow = {name: dim for name, dim in wide.vectors.items() if name != NAME}
        store.replace_manifest(replace(wide, vectors=narrow, active={"embedding": "embedding@3"}), wide)
        store.flush()
        store = reopen(store)
        assert ids(store.search("embedding@3", rows[5:6], 1)[0]) == ["05"]
        assert len(store.search("embedding@3", rows[5:6], 50)[0]) == 12
        with pytest.raises(ValueError, match=NAME):
            store.search(NAME, axis(), 1)
