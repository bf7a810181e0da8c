"""Views of a photo: the whole picture, and smaller and smaller squares of its center.

The product is usually in the middle of a photo, while a catalog picture shows it alone. So one of the squares resembles
the catalog picture. docs/quality.md shows the effect. Views of catalog pictures did not help.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from sosie.types import Transform

WHOLE: tuple[float, ...] = ()
"""The whole picture only, without center squares."""

CLOSER: tuple[float, ...] = (0.875, 0.7, 0.5)
"""Sides of the center squares, as shares of the picture's shorter side."""

_ENOUGH = 0.75
"""Smallest useful side of a view, as a share of the network's input. Larger views give no better answers."""


def views_of(picture: Image.Image, closer: Sequence[float]) -> list[Image.Image]:
    """The picture itself, then its center squares."""
    return [picture, *(_center_square(picture, share) for share in closer)]


def shorter_side_for(transforms: Sequence[Transform], closer: Sequence[float]) -> int:
    """The shorter side, in pixels, at which all views of a picture are sharp enough."""
    largest = max(transform.size for transform in transforms)
    return max(largest, *(math.ceil(_ENOUGH * largest / share) for share in closer)) if closer else largest


def _center_square(picture: Image.Image, share: float) -> Image.Image:
    side = max(1, round(min(picture.size) * share))
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    # ``Image.crop`` is not used, because it warns of large pictures by a limit of its own.
    return picture.resize((side, side), Image.Resampling.NEAREST, (left, top, left + side, top + side))
