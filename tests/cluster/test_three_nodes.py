"""Three real nodes with one replica: one is killed while items are written and searched."""

import threading
from collections.abc import Iterator

import pytest

from sosie.errors import StoreError, StoreUnavailable
from sosie.stores.base import Store
from sosie.stores.elasticsearch import ElasticsearchSettings, open_elasticsearch
from support.elasticsearch.cluster import Cluster, three_nodes
from support.elasticsearch.installation import java_home, server_home
from support.store_contract.harness import MANIFEST, NAME, axis, fill, ids, record, units

SETTINGS = ElasticsearchSettings(seconds=10, health_seconds=60)
BATCH, BATCHES, KILLED_AFTER = 20, 60, 15


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    java_home(), server_home()
    with three_nodes() as cluster:
        yield cluster


def batch_of(number: int) -> list[str]:
    return [f"{number:03}-{n:02}" for n in range(BATCH)]


class Searching(threading.Thread):
    """Asks the same again and again, and keeps every answer and everything that went wrong."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        self.ended = threading.Event()
        self.answers: list[list[str]] = []
        self.failures: list[Exception] = []

    def run(self) -> None:
        while not self.ended.is_set():
            try:
                self.answers.append(ids(self.store.search(NAME, axis(), 1)[0]))
            except StoreError as error:
                self.failures.append(error)


@pytest.mark.timeout(600)
def test_a_killed_node_loses_nothing_that_was_acknowledged(cluster: Cluster) -> None:
    writer = open_elasticsearch(f"{cluster.uri('safe')}?shards=3&replicas=1", MANIFEST, SETTINGS)
    bare = fill(
        open_elasticsearch(f"{cluster.uri('bare')}?shards=3&replicas=0", MANIFEST, SETTINGS),
        [record(f"{n}") for n in range(60)],
    )
    fill(writer, [record("first", axis()[0])])
    searching = Searching(open_elasticsearch(cluster.uri("safe"), None, SETTINGS))
    searching.start()
    acknowledged: list[str] = []
    refused = 0
    for number in range(BATCHES):
        if number == KILLED_AFTER:
            cluster.nodes[2].kill()
            answers_before = len(searching.answers)
        try:
            assert writer.upsert([record(item_id) for item_id in batch_of(number)]) == []
        except StoreUnavailable:
            refused += 1
        else:
            acknowledged += batch_of(number)
    searching.ended.set()
    searching.join()
    writer.flush()
    assert refused <= 1, "the client goes on to another node, and the shards to their replicas"
    assert {item.item_id for item in writer.scan()} >= {"first", *acknowledged}
    assert len(writer.get(acknowledged, [NAME])) == len(acknowledged)
    assert len(searching.answers) > answers_before + 10
    assert {tuple(answer) for answer in searching.answers} == {("first",)}
    assert len(searching.failures) <= 3, searching.failures
    with pytest.raises(StoreUnavailable, match="health"):
        bare.search(NAME, units([1]), 60)
    heal(writer)
    for store in (writer, bare, searching.store):
        store.close()


def heal(writer: Store) -> None:
    """A repeated run brings everything, with two nodes left."""
    for number in range(BATCHES):
        assert writer.upsert([record(item_id) for item_id in batch_of(number)]) == []
    writer.flush()
    assert writer.count() == 1 + BATCH * BATCHES
    assert writer.check().problems == ()
