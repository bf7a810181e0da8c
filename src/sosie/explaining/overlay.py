"""Draws lines, dots and outlines with smooth edges over a picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from sosie.sheets.lettering import Color

Places: TypeAlias = npt.NDArray[np.floating]
"""Shape (n, 2): x and y in pixels of the page."""

_FINER = 3
_CASING: tuple[int, int, int, int] = (12, 14, 24, 150)
"""Color of a dark edge that keeps bright lines visible on bright photos."""


class DrawingLayer:
    """A transparent layer of ``size`` pixels. It is drawn at a higher resolution, because Pillow's lines are jagged."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._layer = Image.new("RGBA", (size[0] * _FINER, size[1] * _FINER))
        self._draw = ImageDraw.Draw(self._layer)

    def line(self, start: Places, end: Places, color: Color, width: float, opacity: float = 1.0) -> None:
        """Draw a straight line with a dark edge on both sides."""
        ends = _flat(np.stack([start, end]))
        self._draw.line(ends, _faded(_CASING, opacity), round((width + 1.6) * _FINER))
        self._draw.line(ends, (*color, round(255 * opacity)), round(width * _FINER))

    def dot(self, center: Places, radius: float, color: Color) -> None:
        """Draw a dot with a dark edge."""
        for grown, fill in ((1.2, _CASING), (0.0, (*color, 255))):
            self._draw.circle(_flat(center[np.newaxis]), (radius + grown) * _FINER, fill)

    def outline(self, corners: Places, color: Color, width: float) -> None:
        """Draw a closed line with a dark edge."""
        closed = _flat(np.concatenate([corners, corners[:2]]))
        self._draw.line(closed, _CASING, round((width + 2) * _FINER), joint="curve")
        self._draw.line(closed, (*color, 255), round(width * _FINER), joint="curve")

    def shade_outside(self, corners: Places, shade: tuple[int, int, int, int]) -> None:
        """Cover everything outside a polygon."""
        self._draw.rectangle((0, 0, *self._layer.size), shade)
        self._draw.polygon(_flat(corners), (0, 0, 0, 0))

    def lay_over(self, page: Image.Image, corner: tuple[int, int] = (0, 0)) -> None:
        """Paste the layer onto an RGB picture with its upper left corner at ``corner``."""
        shown = self._layer.reduce(_FINER)
        page.paste(shown, corner, shown)


def _flat(places: Places) -> list[float]:
    numbers: Iterable[float] = (places * _FINER).reshape(-1)
    return [float(number) for number in numbers]


def _faded(color: tuple[int, int, int, int], opacity: float) -> tuple[int, int, int, int]:
    return (*color[:3], round(color[3] * opacity))
