"""The part of a store that indexing uses, and a store that is created by the first write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from sosie.filters import Where
from sosie.stores.base import Store
from sosie.types import Manifest, Record, Rejection


class Target(Protocol):
    """The part of ``Store`` that indexing uses."""

    @property
    def manifest(self) -> Manifest:
        """See ``Store``."""

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """See ``Store``."""

    @property
    def items_at_once(self) -> int:
        """See ``Store``."""

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """See ``Store``."""

    def delete(self, item_ids: Sequence[str]) -> int:
        """See ``Store``."""

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """See ``Store``."""

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """See ``Store``."""


class NewStore:
    """A store that is created by the first write. So a source without a usable picture creates no store.

    Before the first write, ``empty`` takes its place; it has the same manifest. Threads may read while one writes.
    """

    def __init__(self, empty: Store, make: Callable[[], Store]) -> None:
        self._store = empty
        self._make: Callable[[], Store] | None = make

    @property
    def manifest(self) -> Manifest:
        """See ``Store``."""
        return self._store.manifest

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """See ``Store``."""
        self._created().replace_manifest(new, expected)

    @property
    def items_at_once(self) -> int:
        """See ``Store``."""
        return self._store.items_at_once

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """See ``Store``."""
        return self._created().upsert(records)

    def delete(self, item_ids: Sequence[str]) -> int:
        """See ``Store``."""
        return self._store.delete(item_ids)

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """See ``Store``."""
        return self._store.get(item_ids, fields)

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """See ``Store``."""
        return self._store.scan(where, after, fields)

    def _created(self) -> Store:
        if self._make is not None:
            self._store, self._make = self._make(), None
        return self._store
