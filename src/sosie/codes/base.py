"""What a code is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Polygon: TypeAlias = tuple[tuple[float, float], ...]
"""Corners (x, y) in fractions of the picture's width and height, clockwise."""


@dataclass(frozen=True, slots=True)
class Code:
    """One code in a picture: what it says, its kind (``EAN-13``, ``QR Code``), and where it lies."""

    text: str
    format: str
    polygon: Polygon
