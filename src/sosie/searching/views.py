"""How a photo is looked at: whole, and closer and closer at what is in its middle.

A customer holds the product in the middle of the photo, and the catalogue shows it alone: one of the squares comes near
to what the catalogue shows. docs/quality.md has what it is worth; views of catalogue pictures did not help.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from sosie.types import Transform

WHOLE: tuple[float, ...] = ()
"""Shares of the centre squares that are looked at beside the whole picture: none."""

CLOSER: tuple[float, ...] = (0.875, 0.7, 0.5)
"""Sides of the centre squares, as shares of the picture's shorter side."""

_ENOUGH = 0.75
"""A view may have this share of the pixels that a network takes, a side; decoding twice as many helps no answer."""


def views_of(picture: Image.Image, closer: Sequence[float]) -> list[Image.Image]:
    """The picture itself, then its centre squares."""
    return [picture, *(_centre_square(picture, share) for share in closer)]


def shorter_side_for(transforms: Sequence[Transform], closer: Sequence[float]) -> int:
    """The shorter side, in pixels, that a picture needs for all its views to be sharp enough."""
    largest = max(transform.size for transform in transforms)
    return max(largest, *(math.ceil(_ENOUGH * largest / share) for share in closer)) if closer else largest


def _centre_square(picture: Image.Image, share: float) -> Image.Image:
    side = max(1, round(min(picture.size) * share))
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    # Image.crop would warn of large pictures by a limit that is not ours.
    return picture.resize((side, side), Image.Resampling.NEAREST, (left, top, left + side, top + side))
