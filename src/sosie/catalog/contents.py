"""What a catalogue holds, read and removed by id and by ``where``; no picture is looked at."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from sosie.errors import ItemNotFound
from sosie.filters import WhereLike, bind
from sosie.stores.base import Store
from sosie.types import THUMBNAIL, AttributeType, Facet, Record


@dataclass(frozen=True, slots=True)
class Stats:
    """How much a catalogue holds, and of what."""

    store: str
    items: int
    products: int
    embedder: str
    fingerprint: str
    vectors: dict[str, int]
    attributes: dict[str, AttributeType]


class Contents(ABC):
    """The part of ``Catalog`` that needs its store only."""

    uri: str

    @property
    @abstractmethod
    def _store(self) -> Store: ...

    def get(self, item_id: str) -> Record:
        """What the catalogue keeps of an item, without vectors and blobs; ``ItemNotFound`` where it is none."""
        return self._record(item_id, ())

    def thumbnail(self, item_id: str) -> bytes:
        """The JPEG of at most 256 × 256 pixels that was made when the item was indexed."""
        record = self._record(item_id, (THUMBNAIL,))
        if THUMBNAIL not in record.blobs:
            raise ItemNotFound(f"item {item_id!r} has no thumbnail; index its picture again")
        return record.blobs[THUMBNAIL]

    def items(self, where: WhereLike = None, after: str = "", limit: int = 50) -> list[Record]:
        """At most ``limit`` items that pass, in order of their ids, from the first id behind ``after``."""
        bound = bind(where, self._store.manifest.attributes)
        return list(itertools.islice(self._store.scan(bound, after), limit))

    def count(self, where: WhereLike = None) -> int:
        """How many items pass."""
        return self._store.count(bind(where, self._store.manifest.attributes))

    def facets(self, names: Sequence[str] = (), where: WhereLike = None, limit: int = 20) -> list[Facet]:
        """The values of the attributes named, or of all, over the items that pass; ``FilterError`` for unknown ones."""
        known = self._store.manifest.attributes
        return self._store.facets(list(names) or sorted(known), bind(where, known), limit)

    def delete(self, item_ids: Sequence[str]) -> int:
        """Remove items; the number that existed."""
        return self._store.delete(item_ids)

    def stats(self) -> Stats:
        """How much the catalogue holds."""
        store = self._store
        manifest = store.manifest
        [products] = store.facets(["product_id"], limit=1)
        return Stats(
            store=self.uri,
            items=store.count(),
            products=products.distinct,
            embedder=manifest.embedder.name,
            fingerprint=manifest.embedder.fingerprint,
            vectors=dict(manifest.vectors),
            attributes=dict(manifest.attributes),
        )

    def _record(self, item_id: str, fields: Sequence[str]) -> Record:
        found = self._store.get([item_id], fields)
        if not found:
            raise ItemNotFound(f"the catalogue has no item {item_id!r}; `sosie stats` tells what it holds")
        return found[0]
