"""The store on a cluster against the official client alone, on the same documents and the same queries.

    PYTHONPATH=src:benchmarks python benchmarks/cluster.py [--address http://127.0.0.1:9200] [--items 20000]

Needs a server: `make elasticsearch-node`. What it makes there is removed again.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import orjson
from drawn import NAME, Drawn, manifest, recall
from elasticsearch import Elasticsearch
from elasticsearch.helpers import parallel_bulk
from report import table, write_section

from sosie.stores.elasticsearch import ElasticsearchSettings, open_elasticsearch
from sosie.stores.elasticsearch import searching as ours
from sosie.stores.elasticsearch.connection import _SERIALIZERS, VECTORS_ASIDE
from sosie.stores.elasticsearch.documents import to_document
from sosie.stores.elasticsearch.fields import Layout
from sosie.stores.elasticsearch.mapping import index_settings, mapping
from sosie.stores.elasticsearch.store import ElasticsearchStore
from sosie.stores.elasticsearch.terms import document_id
from sosie.stores.exact import ExactStore
from sosie.types import Record

SETTINGS = ElasticsearchSettings(replicas=0)
ROUNDS, SMALL, LARGE = 2, 64, 1000
COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/cluster.py"
_numbers = count()


def new_name() -> str:
    return f"benchmark-{os.getpid()}-{next(_numbers)}"


def opened(address: str, dim: int, name: str = "") -> ElasticsearchStore:
    store = open_elasticsearch(f"elasticsearch+{address}/{name or new_name()}", manifest(dim), SETTINGS)
    assert isinstance(store, ElasticsearchStore)
    return store


def by_sosie(address: str, dim: int, records: Sequence[Record], batch: int) -> tuple[float, ElasticsearchStore]:
    """Items a second, until every search finds them."""
    store = opened(address, dim)
    began = time.perf_counter()
    for start in range(0, len(records), batch):
        assert store.upsert(records[start : start + batch]) == []
    store.flush()
    return len(records) / (time.perf_counter() - began), store


def by_client(address: str, dim: int, records: Sequence[Record]) -> float:
    """Items a second by ``parallel_bulk`` as it comes, with the documents and the mapping that Sosie uses."""
    types = manifest(dim)
    layout, name = Layout().with_manifest(types, SETTINGS), new_name()
    documents = [
        {"_op_type": "index", "_id": document_id(record.item_id), "_source": to_document(record, layout)}
        for record in records
    ]
    with Elasticsearch(address, request_timeout=120, serializers=_SERIALIZERS) as client:
        made = {"settings": index_settings(SETTINGS, VECTORS_ASIDE), "mappings": mapping(name, layout, SETTINGS)}
        client.indices.create(index=name, **made)
        began = time.perf_counter()
        actions = parallel_bulk(client, documents, index=name)
        assert all(done for done, _ in actions)
        client.indices.refresh(index=name)
        rate = len(records) / (time.perf_counter() - began)
        client.indices.delete(index=name)
    return rate


def milliseconds(searches: Sequence[Callable[[np.ndarray], Any]], queries: np.ndarray) -> list[float]:
    """The median of each search function, called in turn."""
    times: list[list[float]] = [[] for _ in searches]
    for query in queries:
        for own, search in zip(times, searches, strict=True):
            start = time.perf_counter()
            search(query[None])
            own.append(1e3 * (time.perf_counter() - start))
    return [statistics.median(own) for own in times]


def bare(store: ElasticsearchStore, k: int) -> Callable[[np.ndarray], Any]:
    """Sends the body that Sosie sends, by the same client, and returns the raw response."""
    now, connection = store._meta, store._connection
    given = ours.Search(connection, now, now.layout.vectors[NAME], NAME, k, (), False)

    def search(query: np.ndarray) -> Any:
        body = orjson.dumps(ours._body(given, ours.PendingQuery(query[0], k)), option=orjson.OPT_SERIALIZE_NUMPY)
        return connection.client.perform_request(
            "POST", f"/{connection.name}/_search", body=body,
            headers={"accept": "application/json", "content-type": "application/json"},
        )  # fmt: skip

    return search


def remove(store: ElasticsearchStore) -> None:
    store._connection.client.indices.delete(index=f"{store._connection.name}-1")
    store.close()


def measure_indexing(address: str, dim: int, records: Sequence[Record]) -> tuple[str, ElasticsearchStore]:
    remove(by_sosie(address, dim, records[:2000], LARGE)[1])
    client, large, small = [], [], []
    for _ in range(ROUNDS):
        client.append(by_client(address, dim, records))
        for rates, batch in ((small, SMALL), (large, LARGE)):
            rate, store = by_sosie(address, dim, records, batch)
            rates.append(rate)
            if batch == SMALL:
                remove(store)
        kept = store
        if len(large) < ROUNDS:
            remove(kept)
    rates = [statistics.median(rounds) for rounds in (client, large, small)]
    names = ["the client's parallel_bulk", f"Sosie, {LARGE} records a call", f"Sosie, {SMALL} records a call"]
    rows = [[name, f"{rate:.0f}", f"{rate / rates[0]:.2f}"] for name, rate in zip(names, rates, strict=True)]
    return table(["indexing", "items a second", "of parallel_bulk"], rows), kept


def measure_search(store: ElasticsearchStore, queries: np.ndarray) -> str:
    searches = [bare(store, 10), lambda query: store.search(NAME, query, 10)]
    milliseconds(searches, queries)
    alone, with_sosie = milliseconds(searches, queries)
    old = store.manifest
    store.replace_manifest(replace(old, settings={"adaptation": "Zm9v" * 700_000}), old)
    alone_then, with_large = milliseconds(searches, queries)
    rows = [
        [about, f"{bare_ms:.2f}", f"{sosie_ms:.2f}", f"{100 * (sosie_ms / bare_ms - 1):+.0f} %"]
        for about, bare_ms, sosie_ms in (
            ("a manifest of 1 kB", alone, with_sosie),
            ("a manifest of 2.8 MB", alone_then, with_large),
        )
    ]
    return table(["one query, k = 10, median ms", "a bare `_search` of the same body", "`store.search`", "more"], rows)


def measure_recall(store: ElasticsearchStore, records: Sequence[Record], queries: np.ndarray) -> str:
    exact = ExactStore(store.manifest)
    exact.upsert(records)
    right = [[hit.item_id for hit in hits] for hits in exact.search(NAME, queries, 10)]
    answers = store.search(NAME, queries, 10)
    kind = store._meta.layout.vectors[NAME].index
    return f"recall@10 against the exact store over {len(queries)} queries, default settings ({kind}): " + (
        f"**{recall(answers, right):.4f}**."
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="http://127.0.0.1:9200")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=1280)
    parser.add_argument("--queries", type=int, default=200)
    given = parser.parse_args()
    drawn = Drawn(given.items, given.dim)
    records = [record for batch in drawn.records() for record in batch]
    queries = drawn.queries(given.queries)
    indexing, store = measure_indexing(given.address, given.dim, records)
    judged = measure_recall(store, records, queries)
    search = measure_search(store, queries)
    remove(store)
    about = (
        f"{given.items:,} × {given.dim} numbers with a thumbnail of 6 kB each, one node with one shard on the same "
        f"{os.cpu_count()} cores; rates are medians of {ROUNDS} rounds in turn, until all is found by a search."
    )
    body = "\n\n".join((about, indexing, search, judged))
    print(body)
    if given.items == 20_000:
        write_section("Elasticsearch", COMMAND, body)


if __name__ == "__main__":
    main()
