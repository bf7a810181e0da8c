"""Leave-one-out evaluation: searches with each catalog picture, and leaves it out of its own result."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sosie.evaluation.relevance import is_right
from sosie.filters import Condition, Where
from sosie.stores.base import Store
from sosie.types import Hit, Item, Record, Rejection, Vectors

BATCH = 128


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch of items with their vectors, shape (len(items), dim), and rejections of items without a vector.

    ``seconds`` is the reading time of one item.
    """

    items: tuple[Item, ...]
    vectors: Vectors
    rejections: tuple[Rejection, ...]
    seconds: float


@dataclass(slots=True)
class OtherViews:
    """The other pictures of a query's product: the best match among them, and whether any of them is right."""

    best: Hit | None = None
    right: bool = False


@dataclass(slots=True)
class _OfProduct:
    """The queries of a batch that show the same product."""

    rows: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


def stored_items(store: Store, vector_name: str) -> Iterator[Stored]:
    """Every item of the store with its vector, in batches. An item's ``image`` is its original address."""
    records = store.scan(fields=(vector_name,))
    while batch := list(itertools.islice(records, BATCH)):
        began = time.perf_counter()
        with_vector = [record for record in batch if vector_name in record.vectors]
        missing = (record.item_id for record in batch if vector_name not in record.vectors)
        matrix = (
            np.stack([record.vectors[vector_name] for record in with_vector])
            if with_vector
            else np.empty((0, 0), np.float32)
        )
        rejections = tuple(
            Rejection(item_id, "embed", f"it has no vector {vector_name}; index it again") for item_id in missing
        )
        seconds = (time.perf_counter() - began) / len(batch)
        yield Stored(tuple(record.item for record in with_vector), matrix, rejections, seconds)


def other_views_of(
    store: Store, vector_name: str, items: Sequence[Item], vectors: Vectors, wanted: Sequence[Where]
) -> list[OtherViews]:
    """For each query, the other items of its product. A query is an item of the store, given with its vector."""
    views = [OtherViews() for _ in items]
    by_product = _by_product(items)
    same = Where((Condition("product_id", "=", tuple(by_product)),))
    for record in store.scan(same, fields=(vector_name,)):
        if vector_name not in record.vectors:
            continue
        rows = _rows_of_other_items(by_product[record.product_id], record)
        light = replace(record, vectors={})
        cosines = np.clip(np.einsum("qd,d->q", vectors[rows], record.vectors[vector_name]), -1, 1)
        for row, cosine in zip(rows, cosines.tolist(), strict=True):
            _add(views[row], Hit(record.item_id, cosine, light), is_right(wanted[row], record))
    return views


def without_own(hits: Sequence[Hit], item: Item, views: OtherViews, k: int) -> list[Hit]:
    """The result for an item as if the store did not have it: its product ranks by its best other item."""
    kept = [hit for hit in hits if hit.record.product_id != item.product_id]
    kept += [views.best] if views.best else []
    return sorted(kept, key=_order)[:k]


def _by_product(items: Sequence[Item]) -> Mapping[str, _OfProduct]:
    groups: dict[str, _OfProduct] = {}
    for row, item in enumerate(items):
        group = groups.setdefault(item.product_id, _OfProduct())
        group.rows.append(row)
        group.ids.append(item.item_id)
    return groups


def _rows_of_other_items(group: _OfProduct, record: Record) -> list[int]:
    return [row for row, item_id in zip(group.rows, group.ids, strict=True) if item_id != record.item_id]


def _add(views: OtherViews, hit: Hit, right: bool) -> None:
    views.right = views.right or right
    if views.best is None or _order(hit) < _order(views.best):
        views.best = hit


def _order(hit: Hit) -> tuple[float, str]:
    return -(hit.score or 0.0), hit.item_id
