"""A read-only view of a store with another manifest."""

from __future__ import annotations

from typing import Any, cast

from sosie.stores.base import Store
from sosie.types import Manifest


class _View:
    """A store that is read with another manifest."""

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._store = store
        self.manifest = manifest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def with_manifest(store: Store, manifest: Manifest) -> Store:
    """The store, read with this manifest in place of its own."""
    return cast(Store, _View(store, manifest))
