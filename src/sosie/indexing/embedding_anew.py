"""Embeds the items of a store with another network, while the current network remains in use."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from sosie.embedders.base import Embedder
from sosie.errors import ImageError, SosieError
from sosie.images.decode import decode
from sosie.images.fetch.options import FetchOptions, World
from sosie.images.limits import DEFAULT_LIMITS, Limits
from sosie.images.transform import Resized, resize
from sosie.indexing.embedding import Incoming, decode_for, embed_each, item_of, read_picture
from sosie.indexing.remote import with_pictures
from sosie.knowledge.knowledge import knowledge_of
from sosie.knowledge.migration import require_standby
from sosie.stores.base import Store
from sosie.support.batches import in_order
from sosie.types import THUMBNAIL, Item, Record, Rejection, Vectors

ITEMS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """How pictures are fetched, how large they may be, and whether thumbnails may be used instead."""

    thumbnails: bool = False
    limits: Limits = DEFAULT_LIMITS
    fetch: FetchOptions | None = None
    world: World | None = None
    workers: int | None = None


@dataclass(slots=True)
class EmbeddedAnew:
    """The numbers of vectors made from pictures and from thumbnails, and the items that got no vector."""

    from_pictures: int = 0
    from_thumbnails: int = 0
    rejected: dict[str, Rejection] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class _Vector:
    item_id: str
    content_sha256: str
    vector: Vectors
    from_thumbnail: bool


class AnewEmbedder:
    """Writes the generation ``name`` of the network ``embedder`` for every item that lacks it. It can be repeated."""

    def __init__(self, store: Store, embedder: Embedder, name: str, options: PictureOptions) -> None:
        self._store = store
        self._embedder = embedder
        self._name = name
        self._options = options
        # Pictures are decoded as in indexing, so that the same picture gets the same vector.
        self._side = knowledge_of(store.manifest).imprint.shorter_side
        self._stale: set[str] = set()
        self.done = EmbeddedAnew()

    def fill(self, on_items: Callable[[int, int], None] = lambda *_: None) -> None:
        """Embeds the items that lack a vector. ``on_items`` gets the numbers of processed and rejected items.

        A picture is used only if it has not changed since it was indexed. ``ManifestConflict`` if the generation was
        dropped meanwhile.
        """
        self._store.flush()
        self.done.rejected.clear()
        self._embed(self._lacking(), on_items)

    def _lacking(self) -> Iterator[Record]:
        for record in self._store.scan(fields=(self._name,)):
            if self._name not in record.vectors or record.item_id in self._stale:
                yield record

    def _embed(self, records: Iterable[Record], on_items: Callable[[int, int], None]) -> None:
        options = self._options
        stream = with_pictures(map(_as_item, records), options.fetch, options.world)
        for outcomes in in_order(stream, self._embed_batch, ITEMS_AT_ONCE, options.workers):
            changed = self._write(list(itertools.chain.from_iterable(outcomes)))
            on_items(self.done.from_pictures + self.done.from_thumbnails, len(self.done.rejected))
            if changed:
                self._embed(changed, on_items)

    def _write(self, outcomes: Sequence[_Vector | Rejection]) -> list[Record]:
        """Writes the vectors; returns the items whose picture has changed since it was read."""
        embedded = [outcome for outcome in outcomes if isinstance(outcome, _Vector)]
        self.done.rejected |= {outcome.item_id: outcome for outcome in outcomes if isinstance(outcome, Rejection)}
        if not embedded:
            return []
        self._put([item.item_id for item in embedded], np.stack([item.vector for item in embedded]))
        contents = {item.item_id: item.content_sha256 for item in embedded}
        records = self._store.get([*contents])
        changed = [record for record in records if record.content_sha256 != contents[record.item_id]]
        self._stale = (self._stale - contents.keys()) | {record.item_id for record in changed}
        kept = [item for item in embedded if item.item_id not in self._stale]
        thumbnails = sum(item.from_thumbnail for item in kept)
        self.done.from_thumbnails += thumbnails
        self.done.from_pictures += len(kept) - thumbnails
        return changed

    def _put(self, item_ids: Sequence[str], matrix: Vectors) -> None:
        try:
            self._store.put_vectors(self._name, item_ids, matrix)
        except ValueError:
            require_standby(self._store.manifest, self._embedder.spec.fingerprint)
            raise

    def _embed_batch(self, batch: Sequence[Incoming | Rejection]) -> list[_Vector | Rejection]:
        ids = [entry.item_id if isinstance(entry, Rejection) else item_of(entry).item_id for entry in batch]
        fields = (THUMBNAIL,) if self._options.thumbnails else ()
        records = {record.item_id: record for record in self._store.get(ids, fields)}
        outcomes: list[_Vector | Rejection] = []
        prepared: list[tuple[Record, Resized, bool]] = []
        for item_id, entry in zip(ids, batch, strict=True):
            if record := records.get(item_id):
                try:
                    prepared.append((record, *self._prepare(record, entry)))
                except ImageError as error:
                    outcomes.append(Rejection(item_id, "read", str(error)))
        embedded = embed_each(self._embedder, [resized for _, resized, _ in prepared])
        for (record, _, thumbnail), vector in zip(prepared, embedded, strict=True):
            if isinstance(vector, SosieError):
                outcomes.append(Rejection(record.item_id, "embed", str(vector)))
            else:
                outcomes.append(_Vector(record.item_id, record.content_sha256, vector, thumbnail))
        return outcomes

    def _prepare(self, record: Record, entry: Incoming | Rejection) -> tuple[Resized, bool]:
        """The picture for the network, and whether it is the thumbnail; ``ImageError`` if none can be used."""
        try:
            return self._of_picture(record, entry), False
        except ImageError:
            if THUMBNAIL not in record.blobs:
                raise
        thumbnail = decode(record.blobs[THUMBNAIL], self._options.limits)
        return resize(thumbnail, self._embedder.spec.transforms), True

    def _of_picture(self, record: Record, entry: Incoming | Rejection) -> Resized:
        if isinstance(entry, Rejection):
            raise ImageError(entry.reason)
        data = read_picture(entry, self._options.limits)
        if hashlib.sha256(data).hexdigest() != record.content_sha256:
            raise ImageError("the picture has changed since it was indexed: index it again")
        return decode_for(self._embedder, data, self._options.limits, self._side)[1]


def _as_item(record: Record) -> Item:
    return Item(record.item_id, record.product_id, record.image)
