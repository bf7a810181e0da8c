"""Measures the recall of searches: queries are items of the catalog, and comparison with all items is the truth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.base import Store
from sosie.types import EMBEDDING, Record, Vectors

Scores: TypeAlias = npt.NDArray[np.floating[Any]]

QUERIES = 200
NEIGHBORS = 10
_AT_ONCE = 2048
_SAME = 1e-3
"""Scores that differ by less are equal."""


def measure_recall(store: Store) -> float | None:
    """The mean share of the ``NEIGHBORS`` most similar items that a search finds; None for fewer than two items.

    Queries are at most ``QUERIES`` random items of the catalog. Each is left out of its own answer.
    """
    name = store.manifest.active[EMBEDDING]
    sample = _drawn(store, name)
    if not sample:
        return None
    queries = np.stack([record.vectors[name] for record in sample])
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    right = _exact_scores(store, name, queries)
    if right.shape[1] < 2:
        return None
    shares = []
    for record, query, scores in zip(sample, queries, right, strict=True):
        [hits] = store.search(name, query[None], right.shape[1])
        hit_scores = np.sort([hit.score or 0.0 for hit in hits if hit.item_id != record.item_id])[::-1]
        shares.append(_share(hit_scores[: right.shape[1] - 1], scores[1:]))
    return float(np.mean(shares))


def _share(hit_scores: Scores, right: Scores) -> float:
    """The share of the true scores (highest first) that the hits have."""
    return float(np.count_nonzero(hit_scores >= right[-1] - _SAME) / len(right))


def _drawn(store: Store, name: str) -> list[Record]:
    """Random items with a vector, all equally likely (Vitter, "Random sampling with a reservoir", 1985)."""
    random = np.random.default_rng(0)
    drawn: list[str] = []
    for number, record in enumerate(store.scan()):
        if number < QUERIES:
            drawn.append(record.item_id)
        elif (place := int(random.integers(number + 1))) < QUERIES:
            drawn[place] = record.item_id
    return [record for record in store.get(drawn, [name]) if name in record.vectors]


def _exact_scores(store: Store, name: str, queries: Vectors) -> Vectors:
    """The highest scores of each query (its own too), highest first; shape (queries, at most ``NEIGHBORS`` + 1)."""
    best: Vectors = np.empty((len(queries), 0), np.float32)
    for block in _vectors(store, name):
        best = np.concatenate([best, queries @ block.T], axis=1)
        best = -np.sort(-best, axis=1)[:, : NEIGHBORS + 1]
    return best


def _vectors(store: Store, name: str) -> Iterator[Vectors]:
    every = (record.vectors[name] for record in store.scan(fields=[name]) if name in record.vectors)
    while part := list(islice(every, _AT_ONCE)):
        block = np.stack(part)
        yield block / np.linalg.norm(block, axis=1, keepdims=True)
