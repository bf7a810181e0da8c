"""The record of a decoded barcode or QR code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Polygon: TypeAlias = tuple[tuple[float, float], ...]
"""Corners (x, y) in fractions of the picture's width and height, clockwise."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code in a picture: its text, its kind (``EAN-13``, ``QR Code``) and its outline."""

    text: str
    format: str
    polygon: Polygon
