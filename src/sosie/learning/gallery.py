"""Reads the catalog's pictures for learning: their vectors from the embedder, before any adaptation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from sosie.knowledge.generations import own_generation
from sosie.stores.base import Store
from sosie.types import Vectors

MOST_UNLABELED = 10_000
"""Most pictures of products without labels in a gallery. More do not improve the result."""

_BATCH = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Pictures of the catalog: their products, and unit vectors of shape (pictures, dim)."""

    products: tuple[str, ...]
    vectors: Vectors


def gallery_of(store: Store, labeled: Collection[str], most_unlabeled: int = MOST_UNLABELED) -> Gallery:
    """The pictures of labeled products, and a random sample of at most ``most_unlabeled`` other pictures."""
    labeled_ids: list[str] = []
    unlabeled_ids: list[str] = []
    for record in store.scan():
        (labeled_ids if record.product_id in labeled else unlabeled_ids).append(record.item_id)
    drawn = np.random.default_rng(0).permutation(len(unlabeled_ids))[:most_unlabeled]
    return _with_vectors(store, sorted([*labeled_ids, *(unlabeled_ids[place] for place in drawn)]))


def _with_vectors(store: Store, item_ids: Sequence[str]) -> Gallery:
    own = own_generation(store.manifest)
    products: list[str] = []
    rows: list[Vectors] = []
    for start in range(0, len(item_ids), _BATCH):
        for record in store.get(item_ids[start : start + _BATCH], (own,)):
            if own in record.vectors:
                products.append(record.product_id)
                rows.append(record.vectors[own])
    matrix = np.stack(rows) if rows else np.empty((0, store.manifest.vectors[own]), np.float32)
    return Gallery(tuple(products), matrix)
