"""The details that a store keeps of a picture: encoded points for geometry, and visual words for search."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from sosie.details.base import CATALOG_PICTURE, Details
from sosie.details.codec import pack, unpack
from sosie.details.extract import extract
from sosie.details.fingerprint import details_fingerprint
from sosie.details.vocabulary import FEWEST_POINTS, shipped_vocabulary
from sosie.errors import StoreDamaged
from sosie.support.blas import one_blas_thread
from sosie.support.visual_words import VisualWords


@dataclass(frozen=True, slots=True, eq=False)
class StoredDetails:
    """Encoded points with a version mark (``sealed``), and visual words; None for a plain picture."""

    sealed: bytes
    words: VisualWords | None


def extract_stored_details(picture: Image.Image) -> StoredDetails:
    """Extracts what a store keeps of an upright RGB picture."""
    details = extract(picture, CATALOG_PICTURE)
    with one_blas_thread():
        return StoredDetails(seal() + pack(details), shipped_vocabulary().describe(details))


def unpack_details(sealed: bytes) -> Details:
    """Decodes the points of a stored picture.

    ``StoreDamaged`` if another version encoded them, or for other bytes.
    """
    if not is_current(sealed):
        raise StoreDamaged("the details kept of an item were made by another version; index it with --details on")
    return unpack(sealed[len(seal()) :])


def is_current(sealed: bytes) -> bool:
    """True if this version encoded the details."""
    return sealed.startswith(seal())


def is_plain(sealed: bytes) -> bool:
    """True if a picture has too few points for visual words."""
    return len(unpack_details(sealed)) < FEWEST_POINTS


def seal() -> bytes:
    """The version mark: the first 8 bytes of all details that this version stores."""
    return bytes.fromhex(details_fingerprint())
