"""Crops a picture to a box."""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass

from PIL import Image

from sosie.errors import UsageError

_ROUNDING = 1e-9
_EXPECTED = "expected x,y,w,h in whole pixels, or in fractions of the picture if all four are at most 1"


@dataclass(frozen=True, slots=True)
class Box:
    """A region of an upright picture: left, top, width and height, measured from its upper left corner.

    If all four numbers are at most 1, they are fractions of the picture's width and height: 0,0,1,1 is the whole
    picture. Otherwise they are whole pixels. ``UsageError`` for negative, empty or infinite boxes, for pixels that are
    not whole numbers, and for fractions that end beyond 1.

    >>> box = sosie.Box(0.1, 0, 0.5, 1)
    >>> str(box), box.in_fractions
    ('0.1,0,0.5,1', True)
    """

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        numbers = astuple(self)
        if not all(math.isfinite(number) for number in numbers):
            raise UsageError(f"the crop {self} has a number that is not finite; {_EXPECTED}")
        if self.x < 0 or self.y < 0 or self.width <= 0 or self.height <= 0:
            raise UsageError(f"the crop {self} starts before the picture or is empty; {_EXPECTED}")
        if not self.in_fractions and not all(float(number).is_integer() for number in numbers):
            raise UsageError(f"the crop {self} mixes pixels and fractions; {_EXPECTED}")
        if self.in_fractions and max(self.x + self.width, self.y + self.height) > 1 + _ROUNDING:
            raise UsageError(f"the crop {self} ends outside the picture: x + w and y + h may be at most 1")

    def __str__(self) -> str:
        return ",".join(repr(float(number)).removesuffix(".0") for number in astuple(self))

    @property
    def in_fractions(self) -> bool:
        """True if the numbers are fractions of the picture, not pixels."""
        return all(number <= 1 for number in astuple(self))


def parse_box(text: str) -> Box:
    """Parses a box ``x,y,w,h``; ``UsageError`` for other text."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(
            f"the crop {text!r} cannot be read; {_EXPECTED}, such as 10,20,300,200 or 0.1,0,0.5,1"
        ) from None
    return Box(x, y, width, height)


def box_of(region: Box | str | Sequence[float]) -> Box:
    """Makes a box from a box, from text ``x,y,w,h`` or from these four numbers; ``UsageError`` for anything else."""
    if isinstance(region, Box):
        return region
    return parse_box(region if isinstance(region, str) else ",".join(map(str, region)))


def crop(picture: Image.Image, box: Box) -> Image.Image:
    """The part of an upright picture inside ``box``, as a new picture. Fractions include every pixel that they touch.

    ``UsageError`` if the box ends outside the picture.
    """
    left, top, right, bottom = _in_pixels(box, picture) if box.in_fractions else _whole(box)
    if right > picture.width or bottom > picture.height:
        raise UsageError(
            f"the crop {box} ends at {right},{bottom}, outside the picture "
            f"of {picture.width} × {picture.height} pixels: choose a smaller crop"
        )
    # Not ``Image.crop``, which warns of large pictures by Pillow's own limit.
    return picture.resize((right - left, bottom - top), Image.Resampling.NEAREST, (left, top, right, bottom))


def _whole(box: Box) -> tuple[int, int, int, int]:
    return int(box.x), int(box.y), int(box.x + box.width), int(box.y + box.height)


def _in_pixels(box: Box, picture: Image.Image) -> tuple[int, int, int, int]:
    left, right = _span(box.x, box.width, picture.width)
    top, bottom = _span(box.y, box.height, picture.height)
    return left, top, right, bottom


def _span(start: float, length: float, pixels: int) -> tuple[int, int]:
    first = min(math.floor(start * pixels + _ROUNDING), pixels - 1)
    return first, min(max(first + 1, math.ceil((start + length) * pixels - _ROUNDING)), pixels)
