"""Changes a manifest that other processes may change at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sosie.errors import ManifestConflict
from sosie.types import Manifest


class Changeable(Protocol):
    """The part of ``Store`` that changing a manifest needs."""

    @property
    def manifest(self) -> Manifest:
        """See ``Store``."""

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """See ``Store``."""


def change_manifest(store: Changeable, change: Callable[[Manifest], Manifest]) -> Manifest:
    """Changes the manifest; returns the new one. Repeats if another process changes the manifest at the same time."""
    while True:
        now = store.manifest
        new = change(now)
        if new == now:
            return now
        try:
            store.replace_manifest(new, expected=now)
        except ManifestConflict:
            continue
        return new
