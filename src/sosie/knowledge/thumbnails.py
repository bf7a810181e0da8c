"""The size of a catalog's thumbnails."""

from __future__ import annotations

from dataclasses import replace

from sosie.images.transform import THUMBNAIL_SIDE
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import Manifest

SIDES = (0, 128, THUMBNAIL_SIDE)
"""The possible sides; 0 means no thumbnails."""

THUMBNAILS = "thumbnails"
"""Key of the manifest's settings. Without it, thumbnails have ``THUMBNAIL_SIDE`` pixels."""


def read_thumbnail_side(manifest: Manifest) -> int:
    """The longer side, in pixels, of new thumbnails."""
    return int(manifest.settings.get(THUMBNAILS, {}).get("side", THUMBNAIL_SIDE))


def with_thumbnail_side(manifest: Manifest, side: int | None) -> Manifest:
    """The manifest with this side for new thumbnails; None changes nothing."""
    if side is None or side == read_thumbnail_side(manifest):
        return manifest
    return replace(manifest, settings={**manifest.settings, THUMBNAILS: {"side": side}})


def set_thumbnail_side(store: Store, side: int | None) -> bool:
    """Sets the side of new thumbnails; returns True if it changed."""
    if side is None or side == read_thumbnail_side(store.manifest):
        return False
    change_manifest(store, lambda manifest: with_thumbnail_side(manifest, side))
    return True
