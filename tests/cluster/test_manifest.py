"""What a large manifest costs, and what a batch of large records sends."""

import os
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest
from elastic_transport import Transport

from sosie.stores.elasticsearch import ElasticsearchSettings, open_elasticsearch
from support.elasticsearch.cluster import Cluster
from support.store_contract.harness import MANIFEST, NAME, axis, fill, ids, record

QUICK = ElasticsearchSettings(replicas=0, bulk_bytes=2**18)
LARGE = replace(MANIFEST, settings={"adaptation": "Zm9v" * 250_000})
_numbers = count()


@pytest.fixture
def uri(server: Cluster) -> str:
    return server.uri(f"manifest-{os.getpid()}-{next(_numbers)}")


@pytest.fixture
def traffic(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Of every request from here on its path, the bytes sent, and those that came back."""
    seen: list[tuple[str, int, int]] = []
    perform = Transport.perform_request

    def spy(self: Transport, method: str, target: str, **given: Any) -> Any:
        answer = perform(self, method, target, **given)
        body = given.get("body")
        sent = sum(map(len, body)) if isinstance(body, list | tuple) else len(str(body or ""))
        seen.append((target, sent, len(str(answer.body))))
        return answer

    monkeypatch.setattr(Transport, "perform_request", spy)
    return seen


def test_searching_and_writing_do_not_read_it_again(uri: str, traffic: list[tuple[str, int, int]]) -> None:
    store = fill(open_elasticsearch(uri, LARGE, QUICK), [record("a")])
    traffic.clear()
    assert store.manifest == LARGE
    assert ids(store.search(NAME, axis(), 1)[0]) == ["a"]
    fill(store, [record("b")])
    assert ids(store.scan()) == ["a", "b"]
    assert store.count() == 2
    assert max(back for _, _, back in traffic) < 10_000
    store.close()


def test_a_change_by_another_is_seen_at_once(uri: str) -> None:
    store, other = open_elasticsearch(uri, LARGE, QUICK), open_elasticsearch(uri, None, QUICK)
    for n in range(5):
        new = replace(store.manifest, settings={"n": n})
        other.replace_manifest(new, store.manifest)
        assert store.manifest == new
    store.close()
    other.close()


def test_a_request_stays_small_however_large_the_records(uri: str, traffic: list[tuple[str, int, int]]) -> None:
    dice = np.random.default_rng(0)
    records = [replace(record(f"{n:03}"), blobs={"details": dice.bytes(2**14)}) for n in range(60)]
    store = fill(open_elasticsearch(uri, MANIFEST, QUICK), records)
    bulks = [sent for path, sent, _ in traffic if "_bulk" in path]
    assert len(bulks) >= 5
    assert max(bulks) <= QUICK.bulk_bytes
    assert sum(bulks) > 60 * 2**14
    store.close()
