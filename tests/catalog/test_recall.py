"""Recall as a catalog measures it on itself."""

import numpy as np
import pytest

from sosie.catalog import recall
from sosie.catalog.recall import measure_recall
from sosie.stores.base import Store
from sosie.stores.exact import ExactStore
from sosie.types import Hit, Vectors
from support.store_contract.harness import MANIFEST, record, unit


def filled(number: int, copies: int = 1) -> ExactStore:
    store = ExactStore(MANIFEST)
    store.upsert([record(f"{n:03}", unit(n // copies)) for n in range(number)])
    return store


def test_exact_search_finds_all() -> None:
    assert measure_recall(filled(60)) == 1
    assert measure_recall(filled(60, copies=20)) == 1
    assert measure_recall(filled(5)) == 1
    assert measure_recall(filled(1)) is None
    assert measure_recall(filled(0)) is None


@pytest.mark.parametrize("lost", [1, 4])
def test_what_a_search_misses_is_counted(monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    search = ExactStore.search

    def forgetful(store: ExactStore, name: str, queries: Vectors, k: int) -> list[list[Hit]]:
        return [hits[: 11 - lost] + hits[11:k] for hits in search(store, name, queries, k + 9)]

    monkeypatch.setattr(ExactStore, "search", forgetful)
    monkeypatch.setattr(recall, "QUERIES", 30)
    assert measure_recall(filled(100)) == pytest.approx(1 - lost / 10)


def test_queries_of_recall_are_spread_over_the_whole_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall, "QUERIES", 20)
    requested: list[float] = []
    search = ExactStore.search

    def noted(store: Store, name: str, queries: Vectors, k: int) -> list[list[Hit]]:
        requested.extend(int(np.argmax([float(query @ unit(n)) for n in range(200)])) for query in queries)
        return search(store, name, queries, k)  # type: ignore[arg-type]

    monkeypatch.setattr(ExactStore, "search", noted)
    measure_recall(filled(200))
    assert len(set(requested)) == 20
    assert max(requested) > 100 > min(requested)
