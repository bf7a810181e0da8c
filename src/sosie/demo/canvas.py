"""A transparent canvas, drawn at a higher resolution and reduced at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from sosie.demo.outlines import Points
from sosie.demo.paint import Paint, tile
from sosie.demo.warp import cylinder, into_quad, lit

_FINER = 2
_ROLL = 0.35


@dataclass(frozen=True, slots=True)
class Pose:
    """How an object stands before the camera.

    ``yaw`` and ``pitch`` (degrees) rotate bodies with faces and roll round bodies. ``tilt`` (degrees), ``scale`` and
    ``mirrored`` apply to every drawing except letters.
    """

    yaw: float = 24.0
    pitch: float = 16.0
    tilt: float = 0.0
    scale: float = 1.0
    mirrored: bool = False


class Canvas:
    """A square of ``size`` pixels. Drawings use the coordinates of ``outlines``, and are transformed by the pose."""

    def __init__(self, size: int, pose: Pose) -> None:
        self.pose = pose
        self._side = size * _FINER
        self._colors = Image.new("RGB", (self._side, self._side), "white")
        self._ink = Image.new("L", (self._side, self._side))
        self._within: Image.Image | None = None

    def fill(self, outline: Points, paint: Paint) -> None:
        """Fill a closed outline."""
        self._cover(self._pixels(outline), 0.0, paint, _polygon)

    def stroke(self, path: Points, width: float, paint: Paint) -> None:
        """Draw along a path with a round pen ``width`` wide."""
        pen = width * self.pose.scale * self._side / 100
        self._cover(self._pixels(path), pen, paint, lambda draw, xy: _line(draw, xy, pen))

    def place(self, picture: Image.Image, quad: Points) -> None:
        """Draw an RGBA picture between four corners: upper left, upper right, lower right, lower left."""
        corners = self._pixels(quad)
        laid, corner = into_quad(picture, corners[[1, 0, 3, 2]] if self.pose.mirrored else corners, self._side)
        self._paste(laid.convert("RGB"), laid.getchannel("A"), corner)

    def stick(self, picture: Image.Image, left: float, top: float, right: float, bottom: float) -> None:
        """Draw an RGBA picture on an upright rectangle."""
        self.place(picture, np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64))

    def wrap(self, label: Image.Image, edges: tuple[float, float, float, float], span: float) -> None:
        """Wrap a label ``span`` degrees around an upright round body with these left, top, right and bottom edges.

        The label follows the yaw only in part, because people turn a label toward the camera.
        """
        left, top, right, bottom = edges
        wrapped = lit(cylinder(label, span, self.pose.yaw * _ROLL), "cylinder")
        self.stick(wrapped, left, top, right, top + (bottom - top) * wrapped.height / label.height)

    @contextmanager
    def within(self, outline: Points) -> Iterator[None]:
        """Draw only inside the outline, as a clipping mask."""
        before, mask = self._within, Image.new("L", (self._side, self._side))
        _polygon(ImageDraw.Draw(mask), self._pixels(outline))
        self._within = mask if before is None else ImageChops.multiply(before, mask)
        yield
        self._within = before

    def cutout(self) -> Image.Image:
        """The drawing, RGBA, on a transparent ground."""
        picture = self._colors.copy()
        picture.putalpha(self._ink)
        return picture.reduce(_FINER)

    def _pixels(self, outline: Points) -> Points:
        a = np.radians(self.pose.tilt)
        rotation = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
        centered = (outline - 50.0) * [-1.0 if self.pose.mirrored else 1.0, 1.0]
        return np.asarray((centered @ rotation * self.pose.scale + 50.0) * (self._side / 100))

    def _cover(
        self, xy: Points, margin: float, paint: Paint, draw: Callable[[ImageDraw.ImageDraw, Points], None]
    ) -> None:
        low = np.floor(xy.min(axis=0) - margin).clip(0, self._side - 1).astype(int)
        high = np.ceil(xy.max(axis=0) + margin + 1).clip(low + 1, self._side).astype(int)
        width, height = (high - low).tolist()
        mask = Image.new("L", (width, height))
        draw(ImageDraw.Draw(mask), xy - low)
        self._paste(_spread(paint, (width, height)), mask, (int(low[0]), int(low[1])))

    def _paste(self, colors: Image.Image, mask: Image.Image, corner: tuple[int, int]) -> None:
        x, y = corner
        area = (x, y, x + mask.width, y + mask.height)
        if self._within is not None:
            mask = ImageChops.multiply(mask, self._within.crop(area))
        self._colors.paste(colors, area, mask)
        self._ink.paste(255, area, mask)


def letter_quad(x: float, y: float, height: float, letters: Image.Image) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a picture of letters that stands ``height`` high around (x, y)."""
    half = height * letters.width / letters.height / 2
    return x - half, y - height / 2, x + half, y + height / 2


def _spread(paint: Paint, size: tuple[int, int]) -> Image.Image:
    if paint.shade == "flat":
        return Image.new("RGB", size, paint.color)
    return tile(paint).resize(size, Image.Resampling.BILINEAR)


def _polygon(draw: ImageDraw.ImageDraw, xy: Points) -> None:
    draw.polygon(_flat(xy), fill=255)


def _line(draw: ImageDraw.ImageDraw, xy: Points, pen: float) -> None:
    draw.line(_flat(xy), fill=255, width=max(1, round(pen)), joint="curve")
    for x, y in xy:
        draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)


def _flat(xy: Points) -> list[float]:
    return [float(value) for value in xy.ravel()]
