"""Search by visual words asks for more candidates only where those that came are of too few products."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from elastic_transport import Transport

from sosie.stores.base import Store
from sosie.stores.elasticsearch import open_elasticsearch
from support.elasticsearch.cluster import Cluster
from support.elasticsearch.harness import SETTINGS
from support.store_contract.details import item, query_of, words_of
from support.store_contract.harness import MANIFEST, fill, ids

FEW = replace(SETTINGS, candidates_by_words=5)


@pytest.fixture(scope="module")
def store(server: Cluster) -> Iterator[Store]:
    store = open_elasticsearch(server.uri(f"by-words-{os.getpid()}"), MANIFEST, FEW)
    views = [item(f"view {n:02}", words_of(1), "same") for n in range(30)]
    fill(store, [*views, item("other", words_of(1), "other")])
    store.search_details([query_of(1)], 1)
    yield store
    store.close()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    targets: list[str] = []
    perform = Transport.perform_request

    def spy(self: Transport, method: str, target: str, **given: Any) -> Any:
        targets.append(target)
        return perform(self, method, target, **given)

    monkeypatch.setattr(Transport, "perform_request", spy)
    return targets


def test_one_request_where_the_first_candidates_are_enough(store: Store, sent: list[str]) -> None:
    [hits] = store.search_details([query_of(1)], 3)
    assert len(hits) == 3
    assert len(sent) == 1


def test_more_candidates_where_one_product_fills_the_first(store: Store, sent: list[str]) -> None:
    [hits] = store.search_details([query_of(1)], 2, distinct="product_id")
    assert sorted(hit.record.product_id for hit in hits) == ["other", "same"]
    assert len(sent) in (1, 2, 3)


def test_a_k_above_the_number_of_items_returns_all(store: Store) -> None:
    [hits] = store.search_details([query_of(1)], 99)
    assert len(set(ids(hits))) == 31
