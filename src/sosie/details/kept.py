"""What a store keeps of a picture's details: packed points, and the vector by which pictures like it are found."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from PIL import Image

from sosie.details.aggregate import shipped_aggregator
from sosie.details.codec import pack
from sosie.details.extract import DEFAULT_SETTINGS, extract
from sosie.details.quantizing import shipped_quantizer
from sosie.types import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """``packed`` is for ``unpack``; ``vector`` has shape (dim,), unit length, None where the picture is too plain."""

    packed: bytes
    vector: Vectors | None


def keep(picture: Image.Image) -> Kept:
    """What is kept of an upright RGB picture."""
    details = extract(picture)
    return Kept(pack(details), shipped_aggregator().vector(details))


def dim() -> int:
    """Length of a picture's vector."""
    return shipped_aggregator().dim


@cache
def fingerprint() -> str:
    """16 hex digits that differ as soon as points, packing or vectors are made otherwise."""
    parts = (repr(DEFAULT_SETTINGS), shipped_quantizer().fingerprint, shipped_aggregator().fingerprint)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
