"""Colors and shading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

Color: TypeAlias = tuple[int, int, int]
Shade: TypeAlias = Literal["flat", "cylinder", "ball", "down", "across"]
Array: TypeAlias = npt.NDArray[np.float64]

PALETTE: Mapping[str, Color] = {
    "black": (38, 40, 46),
    "blue": (44, 98, 190),
    "brown": (124, 82, 52),
    "cream": (243, 232, 208),
    "gold": (206, 164, 82),
    "green": (62, 134, 84),
    "grey": (140, 146, 156),
    "mint": (158, 214, 196),
    "navy": (32, 50, 92),
    "oak": (198, 152, 102),
    "orange": (236, 124, 46),
    "pink": (240, 152, 172),
    "purple": (116, 76, 160),
    "red": (204, 48, 50),
    "silver": (196, 202, 210),
    "teal": (26, 132, 140),
    "white": (248, 248, 246),
    "yellow": (248, 204, 62),
}
"""The colors of products, by their names."""

_TILE = 48
_LIT_FROM = 0.34


def _cylinder(x: Array, y: Array) -> Array:
    return np.asarray(0.22 * np.exp(-(((x - _LIT_FROM) / 0.13) ** 2)) - 0.9 * np.abs(x - 0.44) ** 2.2 + 0.0 * y)


def _ball(x: Array, y: Array) -> Array:
    distance = np.hypot(x - _LIT_FROM, y - 0.3)
    return np.asarray(0.34 * np.exp(-((distance / 0.2) ** 2)) - 0.62 * distance**1.8)


_LIGHT: Mapping[Shade, Callable[[Array, Array], Array]] = {
    "cylinder": _cylinder,
    "ball": _ball,
    "down": lambda x, y: np.asarray(0.07 - 0.24 * y + 0.0 * x),
    "across": lambda x, y: np.asarray(0.07 - 0.24 * x + 0.0 * y),
}


@dataclass(frozen=True, slots=True)
class Paint:
    """A color with its shading."""

    color: Color
    shade: Shade = "flat"


def mix(first: Color, second: Color, share: float) -> Color:
    """The mix of two colors: ``first`` at ``share`` 0, ``second`` at 1."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b


def lighter(color: Color, share: float = 0.35) -> Color:
    """The color, mixed with white."""
    return mix(color, (255, 255, 255), share)


def darker(color: Color, share: float = 0.3) -> Color:
    """The color, mixed with black."""
    return mix(color, (12, 12, 18), share)


def is_dark(color: Color) -> bool:
    """True if light letters are more readable on the color than dark letters (luma of ITU-R BT.601)."""
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] < 150


def readable_on(color: Color) -> Color:
    """Near white or near black, whichever is more readable on ``color``."""
    return (252, 251, 247) if is_dark(color) else (36, 36, 44)


@lru_cache(maxsize=16)
def light(shade: Shade) -> Array:
    """The change of brightness over a small square, shape (48, 48), −1 (black) to 1 (white)."""
    if shade == "flat":
        return np.zeros((_TILE, _TILE))
    steps = np.linspace(0.0, 1.0, _TILE)
    return _LIGHT[shade](steps[None, :], steps[:, None]).clip(-1.0, 1.0)


@lru_cache(maxsize=256)
def tile(paint: Paint) -> Image.Image:
    """A small square RGB picture of the paint, to be stretched over the painted area."""
    color = np.array(paint.color, np.float64)
    change = light(paint.shade)[..., None]
    lit = np.where(change > 0, color + (255 - color) * change, color * (1 + change))
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))
