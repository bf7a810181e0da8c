"""Whether a catalog has details of its pictures, and whether the current version made them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from sosie.errors import StoreDamaged, StoreVersionError
from sosie.knowledge.imprint import Detailer
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import DETAILS, Manifest

if TYPE_CHECKING:
    from sosie.details.kept import StoredDetails

VECTOR = f"{DETAILS}@1"
"""The aggregated vector of details in stores of version 0.1.0. Items with this vector have no visual words."""


def with_details(manifest: Manifest) -> Manifest:
    """The manifest of a store that keeps details from now on."""
    from sosie.details.fingerprint import details_fingerprint

    return replace(manifest, settings={**manifest.settings, DETAILS: {"fingerprint": details_fingerprint()}})


def without_details(manifest: Manifest) -> Manifest:
    """The manifest of a store that keeps no details from now on."""
    settings = {name: value for name, value in manifest.settings.items() if name != DETAILS}
    return replace(_without_aggregated_vector(manifest), settings=settings)


def _without_aggregated_vector(manifest: Manifest) -> Manifest:
    return replace(
        manifest,
        vectors={name: size for name, size in manifest.vectors.items() if name != VECTOR},
        active={role: name for role, name in manifest.active.items() if role != DETAILS},
    )


def keep_details(store: Store, kept: bool) -> bool:
    """Keeps details of this version from now on, or none. Existing details are no longer used.

    Returns True if anything changed.
    """
    if not would_change(store.manifest, kept):
        return False
    change_manifest(store, without_details)
    store.drop_vectors(VECTOR)
    if kept:
        change_manifest(store, with_details)
    return True


def forget_aggregated_vector(store: Store) -> None:
    """Drops the aggregated vector of version 0.1.0 when every item has been indexed again."""
    dim = store.manifest.vectors.get(VECTOR)
    if dim is None:
        return
    [held] = store.search(VECTOR, np.eye(1, dim, dtype=np.float32), 1)
    if not held:
        change_manifest(store, _without_aggregated_vector)
        store.drop_vectors(VECTOR)


def would_change(manifest: Manifest, kept: bool) -> bool:
    """True if ``keep_details`` would change anything."""
    return (keeps_details(manifest) if kept else DETAILS in manifest.settings) != kept


def keeps_details(manifest: Manifest) -> bool:
    """True if the store has details that this version can compare."""
    kept = manifest.settings.get(DETAILS)
    if kept is None:
        return False
    from sosie.details.fingerprint import details_fingerprint

    return bool(kept["fingerprint"] == details_fingerprint())


def read_detailer(manifest: Manifest) -> Detailer | None:
    """The extractor for the details that the store keeps; None if it keeps none.

    ``StoreVersionError`` if another version made its details, because they cannot be compared.
    """
    if DETAILS not in manifest.settings:
        return None
    if not keeps_details(manifest):
        raise StoreVersionError(
            "the details in this catalog are of another version of Sosie, and cannot be compared with those of this "
            "version: index it with --details on to extract them again, or with --details off to drop them"
        )
    return _Keeping()


class _Keeping:
    """Extracts details in this version's format."""

    def __call__(self, picture: Image.Image) -> StoredDetails:
        from sosie.details.kept import extract_stored_details

        return extract_stored_details(picture)

    def is_complete(self, sealed: bytes | None, has_words: bool) -> bool:
        from sosie.details.kept import is_current, is_plain

        try:
            return sealed is not None and is_current(sealed) and (has_words or is_plain(sealed))
        except StoreDamaged:
            return False
