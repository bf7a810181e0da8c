"""What a store keeps of a picture's details: sealed points, and the words by which pictures like it are found."""

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
    """``sealed`` is read by ``unpack_details``; ``words`` is None where the picture is too plain."""

    sealed: bytes
    words: VisualWords | None


def extract_stored_details(picture: Image.Image) -> StoredDetails:
    """What is kept of an upright RGB picture."""
    details = extract(picture, CATALOG_PICTURE)
    with one_blas_thread():
        return StoredDetails(seal() + pack(details), shipped_vocabulary().describe(details))


def unpack_details(sealed: bytes) -> Details:
    """The details that ``extract_stored_details`` sealed.

    ``StoreDamaged`` for those of another version, and for other bytes.
    """
    if not is_current(sealed):
        raise StoreDamaged("the details kept of an item were made by another version; index it with --details on")
    return unpack(sealed[len(seal()) :])


def is_current(sealed: bytes) -> bool:
    """Whether this version kept them."""
    return sealed.startswith(seal())


def is_plain(sealed: bytes) -> bool:
    """Whether a picture has too few details for visual words."""
    return len(unpack_details(sealed)) < FEWEST_POINTS


def seal() -> bytes:
    """The first 8 bytes of all that this version keeps."""
    return bytes.fromhex(details_fingerprint())
