"""What a store keeps of a picture's details: sealed points, and the vector by which pictures like it are found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from PIL import Image

from sosie.details.aggregate import FEWEST_POINTS, shipped_aggregator
from sosie.details.base import Details
from sosie.details.codec import pack, unpack
from sosie.details.extract import DEFAULT_SETTINGS, extract
from sosie.details.quantizing import shipped_quantizer
from sosie.errors import StoreDamaged
from sosie.types import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """``sealed`` is for ``opened``; ``vector`` has shape (dim,), unit length, None where the picture is too plain."""

    sealed: bytes
    vector: Vectors | None


def keep(picture: Image.Image) -> Kept:
    """What is kept of an upright RGB picture."""
    details = extract(picture)
    return Kept(seal() + pack(details), shipped_aggregator().vector(details))


def opened(sealed: bytes) -> Details:
    """The details that ``keep`` sealed; ``StoreDamaged`` for those of another version, and for what is none."""
    if not is_current(sealed):
        raise StoreDamaged("the details kept of an item were made by another version; index it with --details on")
    return unpack(sealed[len(seal()) :])


def is_current(sealed: bytes) -> bool:
    """Whether this version kept them."""
    return sealed.startswith(seal())


def is_plain(sealed: bytes) -> bool:
    """Whether a picture has too few details for a vector."""
    return len(opened(sealed)) < FEWEST_POINTS


def dim() -> int:
    """Length of a picture's vector."""
    return shipped_aggregator().dim


def seal() -> bytes:
    """The first 8 bytes of all that this version keeps."""
    return bytes.fromhex(fingerprint())


@cache
def fingerprint() -> str:
    """16 hex digits that differ as soon as points, packing or vectors are made otherwise."""
    parts = (repr(DEFAULT_SETTINGS), shipped_quantizer().fingerprint, shipped_aggregator().fingerprint)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
