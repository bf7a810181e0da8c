"""The contract's harness for a store on a running cluster."""

import os
from collections.abc import Iterator
from itertools import count

from sosie.stores.base import Store
from sosie.stores.elasticsearch import ElasticsearchSettings, open_elasticsearch
from sosie.types import Manifest
from support.elasticsearch.cluster import Cluster
from support.store_contract import Harness

SETTINGS = ElasticsearchSettings(replicas=0)
TINY = ElasticsearchSettings(
    shards=2, replicas=0, candidates=100, most_candidates=7, bulk_items=3, page=3, page_with_vectors=2, facet_values=2,
    queries_at_once=2,
)  # fmt: skip
"""Borders so low that a few items take every way: pages, parallel bulks, exhaustive search, paged facets.

The graph still tracks 100 items: with fewer it misses some of the nearest.
"""
_names = count()
_RUN = os.getpid()


def make_harness(server: Cluster, settings: ElasticsearchSettings, examples: int) -> Iterator[Harness]:
    made: list[str] = []

    def make(manifest: Manifest) -> Store:
        made.append(server.uri(f"contract-{_RUN}-{next(_names)}"))
        return open_elasticsearch(made[-1], manifest, settings)

    def reopen(store: Store) -> Store:
        store.close()
        return open_elasticsearch(made[-1], None, settings)

    yield Harness(
        make, reopen, score_tolerance=1e-5, vector_tolerance=1e-6, exact_ties=False, examples=examples, steps=20
    )
    for uri in made:
        server.request("DELETE", f"/{uri.rpartition('/')[2]}-1")
