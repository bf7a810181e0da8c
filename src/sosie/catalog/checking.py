"""Checks a catalog (its store and every blob), and repairs damaged parts from the pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sosie.catalog.indexing import upsert_items
from sosie.catalog.recall import measure_recall
from sosie.catalog.resources import Resources
from sosie.details.kept import unpack_details
from sosie.errors import ImageError, SosieError, StoreDamaged
from sosie.images.decode import decode
from sosie.images.limits import DEFAULT_LIMITS
from sosie.images.reading import read_file
from sosie.indexing.embedding import Fetched
from sosie.knowledge.knowledge import knowledge_of
from sosie.stores.opening import salvage_store
from sosie.support.urls import is_url
from sosie.types import DETAILS, THUMBNAIL, CheckReport, Item, Record


def check_catalog(resources: Resources, repair: bool, recall: bool = False) -> CheckReport:
    """Checks every item, blob and cache; see ``CatalogProtocol.check``."""
    before = _opened(resources, repair)
    if before.problems and not repair:
        return before
    store = resources.store
    report = store.check(repair)
    expected = (THUMBNAIL,) if knowledge_of(store.manifest).thumbnail_side else ()
    broken = {record.item_id: list(_damaged_blobs(record, expected)) for record in store.scan(fields=BLOBS)}
    blobs = [f"item {item_id!r}: its {name} cannot be read" for item_id, names in broken.items() for name in names]
    log = _repair(resources, broken) if repair else RepairLog()
    return CheckReport(
        report.items,
        (*before.problems, *report.problems, *blobs, *log.problems),
        (*before.repaired, *report.repaired, *log.repaired),
        measure_recall(store) if recall else None,
    )


class RepairLog:
    """The repairs, and the problems that remain."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.repaired: list[str] = []


def _opened(resources: Resources, repair: bool) -> CheckReport:
    """Opens the store. If it cannot be opened, it is salvaged with ``repair``, and only reported without."""
    try:
        _ = resources.store
    except StoreDamaged as error:
        if not repair:
            return CheckReport(0, (str(error),))
        saved = salvage_store(resources.uri)
        return replace(saved, problems=(str(error), *saved.problems))
    return CheckReport(0)


def _damaged_blobs(record: Record, expected: Sequence[str]) -> Iterator[str]:
    """The names of blobs that are damaged, or that an indexed picture should have (``expected``) and lacks."""
    for name, read in _READERS.items():
        if name in record.blobs:
            try:
                read(record.blobs[name])
            except (ImageError, StoreDamaged):
                yield name
    if record.content_sha256:
        yield from (name for name in expected if name not in record.blobs)


BLOBS = (THUMBNAIL, DETAILS)
_READERS: dict[str, Callable[[bytes], object]] = {
    THUMBNAIL: lambda jpeg: decode(jpeg, DEFAULT_LIMITS),
    DETAILS: unpack_details,
}


def _repair(resources: Resources, broken: dict[str, list[str]]) -> RepairLog:
    """Indexes items with damaged blobs or removed vectors again, from their pictures."""
    log = RepairLog()
    unhashed = [record.item_id for record in resources.store.scan() if not record.content_sha256]
    for item_id in dict.fromkeys([*(item_id for item_id, names in broken.items() if names), *unhashed]):
        damaged = broken.get(item_id, [])
        what = " and ".join(damaged) or "vectors"
        try:
            _reindex(resources, item_id, damaged)
        except SosieError as error:
            log.problems.append(f"item {item_id!r}: its {what} could not be made again ({error}): index it again")
        else:
            log.repaired.append(f"item {item_id!r}: its {what} made again from its picture")
    return log


def _reindex(resources: Resources, item_id: str, damaged: list[str]) -> None:
    """Drops the damaged blobs and the hash (items with the same hash are skipped), and indexes the picture again."""
    store = resources.store
    [record] = store.get([item_id], (*store.manifest.vectors, *BLOBS))
    data = _picture_of(resources, record)
    sound = {name: blob for name, blob in record.blobs.items() if name not in damaged}
    store.upsert([replace(record, blobs=sound, content_sha256="")])
    item = Item(record.item_id, record.product_id, record.image, record.links, record.attributes)
    report = upsert_items(resources, [Fetched(item, data)])
    if report.rejected:
        raise StoreDamaged(report.rejected[0].reason)


def _picture_of(resources: Resources, record: Record) -> bytes:
    """The bytes of the indexed picture; ``ImageError`` if it is missing, ``StoreDamaged`` if it has changed."""
    reference = record.image if isinstance(record.image, str) else record.image[0]
    data = resources.fetch(reference) if is_url(reference) else read_file(reference, resources.limits)
    if record.content_sha256 and hashlib.sha256(data).hexdigest() != record.content_sha256:
        raise StoreDamaged(f"{reference!r} has changed since it was indexed")
    return data
