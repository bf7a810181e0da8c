"""Compares every item with the queries, for searches in which the cluster returns fewer items than exist."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sosie.stores.elasticsearch.conditions import Filter
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.meta import Meta
from sosie.stores.elasticsearch.reading import page_size, scan_filtered
from sosie.types import Hit, Record, Vectors


def search_all(
    connection: Connection, meta: Meta, name: str, filters: Sequence[Filter], k: int, distinct: bool
) -> Callable[[Sequence[Vectors]], list[list[Hit]]]:
    """Returns a function that gives each query's k best hits. Memory grows with k, not with the number of items."""

    def search_queries(queries: Sequence[Vectors]) -> list[list[Hit]]:
        best: list[list[Hit]] = [[] for _ in queries]
        records = scan_filtered(connection, meta, filters, (name,))
        for part in _parts(records, page_size(connection, (name,))):
            matrix = np.stack([_unit(record.vectors[name]) for record in part])
            for number, scores in enumerate(np.clip(np.stack(queries) @ matrix.T, -1, 1)):
                hits = [Hit(r.item_id, float(s), _light(r)) for r, s in zip(part, scores, strict=True)]
                best[number] = _first(best[number] + hits, k, distinct)
        return best

    return search_queries


def _parts(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    while part := list(itertools.islice(records, size)):
        yield part


def _first(hits: list[Hit], k: int, distinct: bool) -> list[Hit]:
    hits.sort(key=lambda hit: (-(hit.score or 0.0), hit.item_id))
    if distinct:
        hits = list({hit.record.product_id: hit for hit in reversed(hits)}.values())[::-1]
    return hits[:k]


def _unit(vector: Vectors) -> Vectors:
    unit: Vectors = vector / np.linalg.norm(vector)
    return unit


def _light(record: Record) -> Record:
    return Record(
        record.item_id, record.product_id, record.image, record.links, record.attributes, record.content_sha256,
        updated_at=record.updated_at,
    )  # fmt: skip
