"""Copies a catalog from one store to another (records, vectors, blobs, feedback), and verifies the copy."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sosie.errors import EmbedderMismatch, StoreError
from sosie.stores.base import Store
from sosie.support.wording import amount
from sosie.types import DETAILS, THUMBNAIL, VISUAL_WORDS, Record, Rejection

BATCH = 200
TOLERANCE = 1e-3
"""Largest difference between a number of a vector and its copy; half precision rounds by less."""
BLOBS = (THUMBNAIL, DETAILS, VISUAL_WORDS)


@dataclass(frozen=True, slots=True)
class CopyReport:
    """The result of a copy, in numbers of items. Both stores have the same ``checksum``."""

    copied: int
    present: int
    rejected: tuple[Rejection, ...]
    checksum: str


def copy(
    source: Store, target: Store, on_progress: Callable[[int, int], None] = lambda done, total: None
) -> CopyReport:
    """Writes every missing or different item to ``target``, then compares all items.

    Items that were copied before are kept, so an interrupted copy continues when it is repeated. ``EmbedderMismatch``
    if the target has another manifest. ``StoreError`` if the stores differ at the end, for example because the target
    has additional items.
    """
    if source.manifest != target.manifest:
        raise EmbedderMismatch(
            "the target has another catalog (its embedder, vectors, attributes or settings differ): "
            "copy into a new store"
        )
    fields = (*source.manifest.vectors, *BLOBS)
    total, copied, present, rejected = source.count(), 0, 0, []
    for batch in _batches(source, fields):
        held = {record.item_id: record for record in target.get([record.item_id for record in batch], fields)}
        missing = [record for record in batch if not _same(record, held.get(record.item_id))]
        refused = target.upsert(missing) if missing else []
        rejected += refused
        copied += len(missing) - len(refused)
        present += len(batch) - len(missing)
        on_progress(copied + present + len(rejected), total)
    target.flush()
    _copy_feedback(source, target)
    return CopyReport(copied, present, tuple(rejected), _verified(source, target, fields, rejected))


def _batches(store: Store, fields: Sequence[str]) -> Iterator[list[Record]]:
    records = store.scan(fields=fields)
    while batch := list(itertools.islice(records, BATCH)):
        yield batch


def _copy_feedback(source: Store, target: Store) -> None:
    rows, held = source.feedback(), target.feedback()
    if held != rows[: len(held)]:
        raise StoreError("the target has feedback of its own, which a copy would mix: copy into a new store")
    target.add_feedback(rows[len(held) :])


def _verified(source: Store, target: Store, fields: Sequence[str], rejected: Sequence[Rejection]) -> str:
    """The checksum of the source without rejected items; ``StoreError`` if the target differs."""
    left_out = {rejection.item_id for rejection in rejected}
    sums, seen = (hashlib.sha256(), hashlib.sha256()), [0, 0]
    expected = (record for record in source.scan(fields=fields) if record.item_id not in left_out)
    for expected_record, copied in itertools.zip_longest(expected, target.scan(fields=fields)):
        for side, record in enumerate((expected_record, copied)):
            if record is not None:
                seen[side] += 1
                sums[side].update(_digest(record))
        if expected_record is not None and copied is not None and not _same(expected_record, copied):
            raise StoreError(f"the copy differs at {expected_record.item_id!r} and {copied.item_id!r}: {_ADVICE}")
    first, second = (running.hexdigest() for running in sums)
    if seen[0] != seen[1] or first != second:
        raise StoreError(
            f"the source holds {amount(seen[0], 'item')} ({first[:12]}), the copy {seen[1]} ({second[:12]}): {_ADVICE}"
        )
    return first


_ADVICE = "if nobody was writing meanwhile, the target holds items of its own; copy into a new store"


def _same(record: Record, copied: Record | None) -> bool:
    """True if two records are equal, and their vectors are equal within ``TOLERANCE``."""
    if copied is None or _digest(record) != _digest(copied) or record.vectors.keys() != copied.vectors.keys():
        return False
    return all(np.allclose(v, copied.vectors[name], atol=TOLERANCE, rtol=0) for name, v in record.vectors.items())


def _digest(record: Record) -> bytes:
    """A digest of everything except the numbers of vectors. An empty list counts as missing."""
    attributes = {name: value for name, value in record.attributes.items() if value != ()}
    blobs = {name: hashlib.sha256(data).hexdigest() for name, data in record.blobs.items()}
    content = [
        record.item_id, record.product_id, record.image, record.links, attributes, record.content_sha256,
        sorted(record.vectors), blobs, round(record.updated_at, 3),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
