"""Candidate pairs: pictures with similar vectors, or with a similar signature, which rotations do not change."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sosie.duplicates.looks import coarse_of, kept_details, open_thumbnail, square_of
from sosie.duplicates.screening import Sketch, sketch_pictures
from sosie.duplicates.signature import near_pairs, signature
from sosie.errors import ImageError
from sosie.stores.base import Store
from sosie.support.batches import in_order
from sosie.support.blas import one_blas_thread
from sosie.types import DETAILS, EMBEDDING, RGB, THUMBNAIL, Record, Vectors

BATCH = 256
_RECORDS_A_PART = 32
ROLES = (EMBEDDING, "details")
"""Roles of the vectors that are searched, if the store has them."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class CandidateSettings:
    """Limits of the search for candidates.

    The candidates of an item are of two kinds: its ``nearest`` neighbors by each vector, with a cosine of at least
    ``least_cosine``; and its ``nearest_turned`` neighbors by signature, with a cosine of at least ``least_turned``.
    Every edit that was tried is within one of the two limits (docs/duplicates.md).
    """

    nearest: int = 8
    least_cosine: float = 0.4
    nearest_turned: int = 5
    least_turned: float = 0.88


DEFAULT_SETTINGS = CandidateSettings()


@dataclass(slots=True)
class Survey:
    """The results of one pass over a store.

    They are the product of each item, pairs with the same bytes, and candidate pairs. ``held`` maps each item with a
    readable thumbnail to its sketch; one item represents all pictures with the same bytes. ``damaged`` items have an
    unreadable thumbnail.
    """

    products: dict[str, str] = field(default_factory=dict)
    same_bytes: list[Pair] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    pairs: set[Pair] = field(default_factory=set)
    sketches: dict[str, Sketch] = field(default_factory=dict)


def survey(
    store: Store,
    workers: int | None = None,
    settings: CandidateSettings = DEFAULT_SETTINGS,
    on_items: Callable[[int], None] = lambda _: None,
) -> Survey:
    """Every candidate pair of a store. Memory grows by about 6 KB an item."""
    manifest = store.manifest
    names = [manifest.active[role] for role in ROLES if role in manifest.active]
    seen, firsts, signatures = Survey(), dict[str, str](), list[Vectors]()
    for batch in _batches(store.scan(fields=(*names, THUMBNAIL, DETAILS))):
        fresh = [record for record in batch if _is_first(record, seen, firsts)]
        for name in names:
            seen.pairs |= _near_by_vector(store, name, fresh, settings)
        signatures += _signatures(fresh, seen, workers)
        on_items(len(seen.products))
    keep_held(seen)
    if signatures:
        near = near_pairs(np.stack(signatures), settings.nearest_turned, settings.least_turned)
        seen.pairs |= {_ordered(seen.held[row], seen.held[column]) for row, column in near}
    return seen


def _batches(records: Iterable[Record]) -> Iterator[Sequence[Record]]:
    rest = iter(records)
    while batch := tuple(itertools.islice(rest, BATCH)):
        yield batch


def _is_first(record: Record, seen: Survey, firsts: dict[str, str]) -> bool:
    """True for the first picture with these bytes. For a later picture, the pair is recorded."""
    seen.products[record.item_id] = record.product_id
    first = firsts.setdefault(record.content_sha256 or record.item_id, record.item_id)
    if first != record.item_id:
        seen.same_bytes.append((first, record.item_id))
    return first == record.item_id


def _signatures(records: Sequence[Record], seen: Survey, workers: int | None) -> list[Vectors]:
    """A signature for each record with a readable thumbnail. ``seen`` gets its sketch, or that it is damaged."""
    with_thumbnail = [record for record in records if THUMBNAIL in record.blobs]
    signatures = list[Vectors]()
    with one_blas_thread():
        parts = [part for ready in in_order(with_thumbnail, _described, _RECORDS_A_PART, workers) for part in ready]
    for record, described in zip(with_thumbnail, itertools.chain.from_iterable(parts), strict=True):
        if described is None:
            seen.damaged.append(record.item_id)
        else:
            signatures.append(described[0])
            seen.held.append(record.item_id)
            seen.sketches[record.item_id] = described[1]
    return signatures


def _described(records: Sequence[Record]) -> list[tuple[Vectors, Sketch] | None]:
    """Signatures and sketches; None for an unreadable thumbnail."""
    squares = [_readable_square(record) for record in records]
    readable = [place for place, square in enumerate(squares) if square is not None]
    coarses = [coarse_of(square) for square in squares if square is not None]
    sketches = iter(sketch_pictures(coarses, [kept_details(records[place]) for place in readable]))
    return [None if square is None else (signature(square), next(sketches)) for square in squares]


def _readable_square(record: Record) -> RGB | None:
    try:
        return square_of(open_thumbnail(record))
    except ImageError:
        return None


def _near_by_vector(store: Store, name: str, records: Sequence[Record], settings: CandidateSettings) -> set[Pair]:
    queried = [record for record in records if name in record.vectors]
    if not queried:
        return set()
    queries = np.stack([record.vectors[name] for record in queried])
    results = store.search(name, queries, settings.nearest + 1)
    return {
        _ordered(record.item_id, hit.item_id)
        for record, hits in zip(queried, results, strict=True)
        for hit in hits
        if hit.item_id != record.item_id
        and hit.record.content_sha256 != record.content_sha256
        and hit.score is not None
        and hit.score >= settings.least_cosine
    }


def keep_held(seen: Survey) -> None:
    """Keeps only pairs of pictures with thumbnails. Each picture is the first one with its bytes."""
    held, stands_for = set(seen.held), {other: first for first, other in seen.same_bytes}
    pairs = {_ordered(*(stands_for.get(item_id, item_id) for item_id in pair)) for pair in seen.pairs}
    seen.pairs = {pair for pair in pairs if pair[0] in held and pair[1] in held and pair[0] != pair[1]}


def _ordered(first: str, second: str) -> Pair:
    return (first, second) if first <= second else (second, first)
