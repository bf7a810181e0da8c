"""Finds the regions of a query that cause its similarity to an item, by hiding parts and measuring the cosine.

Pooled vectors keep no positions, so pictures with hidden parts are embedded (Zeiler and Fergus, "Visualizing and
Understanding Convolutional Networks", 2014). Hiding a single patch shows nothing if the product appears several times,
so most of the picture is hidden at once, at random, as by Petsiuk, Das and Saenko ("RISE", 2018). Here every field of
the picture is shown equally often, and ridge regression estimates what each adds, so that few passes are enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from sosie.explaining.sides import Embed
from sosie.sheets.shapes import on_white
from sosie.types import Vectors

Plane: TypeAlias = npt.NDArray[np.float32]
"""One number a pixel or field, shape (height, width)."""

Shown: TypeAlias = npt.NDArray[np.bool_]
"""True for the fields that each pass shows, shape (passes, rows, columns)."""


@dataclass(frozen=True, slots=True)
class OcclusionSettings:
    """Settings of the occlusion.

    The picture's longer side is scaled to ``side`` pixels, and the picture is divided into about ``fields`` nearly
    square fields. ``deals`` times, the fields are distributed at random over ``parts`` groups, and each group is one
    network pass that shows only its fields; the rest is blurred by ``blur`` of the side. ``batch`` pictures are
    embedded at once. ``ridge`` is the penalty of the regression, in passes.
    """

    fields: int = 25
    parts: int = 3
    deals: int = 20
    side: int = 256
    blur: float = 0.1
    batch: int = 16
    ridge: float = 4.0


DEFAULT_SETTINGS = OcclusionSettings()
LEAST_GAIN = 1e-3
"""If no place adds this much to the cosine, none is hot."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The regions that cause the similarity of two pictures.

    ``shares``, shape (height, width), lie in [0, 1]: 1 at the place of the query that adds most, 0 where showing it
    adds nothing or harms. ``similarity`` is the cosine of the whole query and the item, and ``gain`` what the hottest
    place adds to it when most of the rest is hidden.
    """

    shares: Plane
    similarity: float
    gain: float


def heat_map(
    embed: Embed, query: Image.Image, item: Vectors, settings: OcclusionSettings = DEFAULT_SETTINGS
) -> HeatMap:
    """The heat of a query's regions against an item's vector, shape (dim,), unit length.

    61 network passes, in batches; the same input gives the same heat. Errors of ``embed`` pass through.
    """
    picture = _scaled(query, settings.side)
    similarity = float(embed([picture])[0] @ item)
    shown = deal(picture.size, settings)
    cosines = np.concatenate([embed(pictures) @ item for pictures in _occluded(picture, shown, settings)])
    gains = np.maximum(_gains(shown, cosines, settings.ridge), 0)
    gain = float(gains.max())
    shares = gains / gain if gain >= LEAST_GAIN else np.zeros_like(gains)
    return HeatMap(_interpolated(shares, picture.size), similarity, gain)


def deal(size: tuple[int, int], settings: OcclusionSettings = DEFAULT_SETTINGS) -> Shown:
    """The fields that each pass shows of a picture of size (width, height); every deal shows every field once."""
    width, height = size
    columns = min(settings.fields, max(1, round((settings.fields * width / height) ** 0.5)))
    rows = max(1, round(settings.fields / columns))
    generator = np.random.default_rng(0)
    groupings = [generator.permutation(rows * columns) % settings.parts for _ in range(settings.deals)]
    shown = np.array([groups == part for groups in groupings for part in range(settings.parts)])
    return shown.reshape(-1, rows, columns)


def _gains(shown: Shown, cosines: npt.NDArray[np.floating], ridge: float) -> Plane:
    """The gain of each field in the cosine, shape (rows, columns), by ridge regression (Hoerl and Kennard 1970)."""
    passes = shown.reshape(len(shown), -1).astype(np.float64)
    passes -= passes.mean(axis=0)
    weights = np.linalg.solve(
        passes.T @ passes + ridge * np.eye(passes.shape[1]), passes.T @ (cosines - cosines.mean())
    )
    return np.asarray(weights.reshape(shown.shape[1:]), np.float32)


def _occluded(picture: Image.Image, shown: Shown, settings: OcclusionSettings) -> Iterator[list[Image.Image]]:
    """The pictures of all passes, hidden fields blurred, with soft edges, batch by batch."""
    clear = np.asarray(picture, np.float32)
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(settings.blur * settings.side)), np.float32)
    for start in range(0, len(shown), settings.batch):
        masks = np.stack([_interpolated(fields, picture.size) for fields in shown[start : start + settings.batch]])
        mixed = blurred + masks[..., np.newaxis] * (clear - blurred)
        yield [Image.fromarray(picture_array) for picture_array in mixed.round().astype(np.uint8)]


def _interpolated(fields: npt.NDArray[np.generic], size: tuple[int, int]) -> Plane:
    """Values in [0, 1] of fields, interpolated to pixels."""
    smooth = Image.fromarray(fields.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float32).clip(0, 1)


def _scaled(query: Image.Image, side: int) -> Image.Image:
    scale = side / max(query.size)
    size = (max(1, round(query.width * scale)), max(1, round(query.height * scale)))
    return on_white(query).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
