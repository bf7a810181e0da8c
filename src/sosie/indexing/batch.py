"""Makes records from a batch of items, in worker threads that only read from the store."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import BoundedSemaphore
from typing import Literal

from sosie.embedders.base import Embedder
from sosie.errors import ImageError, SosieError
from sosie.filters import Condition, Where
from sosie.images.decode import Limits
from sosie.images.transform import Resized
from sosie.indexing.embedding import Incoming, decode_for, embed_each, item_of, read_picture
from sosie.indexing.target import Target
from sosie.knowledge.imprint import Imprint
from sosie.support.cores import usable_cores
from sosie.types import Item, Record, Rejection

Action = Literal["add", "update"]


@dataclass(slots=True)
class BatchOutcome:
    """The result of a batch: records to write, each with its action; rejections; the number of unchanged items."""

    writes: list[tuple[Record, Action]] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _Picture:
    item: Item
    data: bytes
    sha256: str
    action: Action


@dataclass(frozen=True, slots=True)
class BatchWorker:
    """Makes records from items.

    ``imprint`` is called before each batch, because another process may adapt the catalog meanwhile. With ``dry_run``
    nothing is decoded or embedded; the records have no vectors and blobs.

    At most ``compute_slots`` threads compute at a time, one for each core. More would compete for the processor's
    caches and take longer. The other threads read ahead meanwhile.
    """

    store: Target
    embedder: Embedder
    imprint: Callable[[], Imprint]
    limits: Limits
    dry_run: bool = False
    compute_slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(usable_cores()))

    def __call__(self, batch: Sequence[Incoming]) -> BatchOutcome:
        """The result of one batch. Raises only errors that are not caused by a single item."""
        outcome, imprint = BatchOutcome(), self.imprint()
        stored = self._stored(batch, imprint)
        pictures = []
        for incoming in batch:
            item, data = self._read(incoming, outcome)
            if data is None:
                continue
            sha256 = hashlib.sha256(data).hexdigest()
            stored_record = stored.get(item.item_id)
            if (
                stored_record is not None
                and stored_record.content_sha256 == sha256
                and stored_record.item == item
                and imprint.complete(stored_record)
            ):
                outcome.unchanged += 1
            else:
                pictures.append(_Picture(item, data, sha256, "add" if stored_record is None else "update"))
        with self.compute_slots:
            self._to_records(pictures, imprint, outcome)
        return outcome

    def _stored(self, batch: Sequence[Incoming], imprint: Imprint) -> Mapping[str, Record]:
        """The items of this batch that the store already has."""
        ids = [item_of(incoming).item_id for incoming in batch]
        return {record.item_id: record for record in self.store.get(ids, fields=imprint.proof)}

    def _read(self, incoming: Incoming, outcome: BatchOutcome) -> tuple[Item, bytes | None]:
        item = item_of(incoming)
        try:
            return item, read_picture(incoming, self.limits)
        except ImageError as error:
            outcome.rejections.append(Rejection(item.item_id, "read", str(error)))
            return item, None

    def _to_records(self, pictures: Sequence[_Picture], imprint: Imprint, outcome: BatchOutcome) -> None:
        if self.dry_run:
            outcome.writes += [(_record(picture), picture.action) for picture in pictures]
            return
        twins = self._twins({picture.sha256 for picture in pictures}, imprint)
        fresh = {p.sha256: p for p in reversed(pictures) if p.sha256 not in twins}
        twins |= self._embed(reversed(fresh.values()), imprint, outcome)
        for picture in pictures:
            if twin := twins.get(picture.sha256):
                record = replace(_record(picture), vectors=twin.vectors, blobs=twin.blobs)
                outcome.writes.append((record, picture.action))
            elif picture is not fresh.get(picture.sha256):
                first = fresh[picture.sha256].item.item_id
                reason = f"the same bytes as {first!r}, which was rejected"
                outcome.rejections.append(Rejection(picture.item.item_id, "decode", reason))

    def _twins(self, hashes: set[str], imprint: Imprint) -> dict[str, Record]:
        """Stored records with the same pictures, by content hash. Their ids may differ."""
        if not hashes:
            return {}
        same = Where((Condition("content_sha256", "=", tuple(sorted(hashes))),))
        records = self.store.scan(same, fields=imprint.fields)
        return {record.content_sha256: record for record in records if imprint.complete(record)}

    def _embed(self, pictures: Iterable[_Picture], imprint: Imprint, outcome: BatchOutcome) -> dict[str, Record]:
        """A record with vectors and blobs for each picture, by content hash. Few pictures are decoded at a time."""
        rest, embedded = iter(pictures), dict[str, Record]()
        while few := tuple(itertools.islice(rest, self.embedder.batch_size)):
            embedded |= self._embed_few(few, imprint, outcome)
        return embedded

    def _embed_few(self, pictures: Sequence[_Picture], imprint: Imprint, outcome: BatchOutcome) -> dict[str, Record]:
        prepared: list[tuple[Record, Resized]] = []
        for picture in pictures:
            try:
                prepared.append(self._prepare(picture, imprint))
            except ImageError as error:
                outcome.rejections.append(Rejection(picture.item.item_id, "decode", str(error)))
        vectors = embed_each(self.embedder, [resized for _, resized in prepared])
        embedded = {}
        for (record, _), vector in zip(prepared, vectors, strict=True):
            if isinstance(vector, SosieError):
                outcome.rejections.append(Rejection(record.item_id, "embed", str(vector)))
            else:
                embedded[record.content_sha256] = replace(record, vectors=imprint.stored(vector))
        return embedded

    def _prepare(self, picture: _Picture, imprint: Imprint) -> tuple[Record, Resized]:
        upright, resized = decode_for(self.embedder, picture.data, self.limits, imprint.shorter_side)
        return replace(_record(picture), blobs=imprint.looked_at(upright)), resized


def _record(picture: _Picture) -> Record:
    item = picture.item
    return Record(item.item_id, item.product_id, item.image, item.links, item.attributes, picture.sha256)
