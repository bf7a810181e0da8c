"""The catalogue's side of what is learned: its pictures with the embedder's own vectors."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from sosie.knowledge.generations import own_generation
from sosie.stores.base import Store
from sosie.types import Vectors

MOST_OTHERS = 10_000
"""So many pictures of products without labels stand for all of them; more would teach nothing more."""

_BATCH = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """Pictures of the catalogue: the product of each, and unit vectors of shape (pictures, dim)."""

    products: tuple[str, ...]
    vectors: Vectors


def gallery_of(store: Store, labelled: Collection[str], most_others: int = MOST_OTHERS) -> Gallery:
    """Every picture of the labelled products, and at most ``most_others`` of the rest, drawn evenly."""
    own: list[str] = []
    others: list[str] = []
    for record in store.scan():
        (own if record.product_id in labelled else others).append(record.item_id)
    drawn = np.random.default_rng(0).permutation(len(others))[:most_others]
    return _with_vectors(store, sorted([*own, *(others[place] for place in drawn)]))


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
