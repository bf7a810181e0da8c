"""Finds the regions of a query that cause its similarity to an item: hides parts, and measures the cosine.

A pooled vector has no positions, so pictures with hidden parts are embedded (Zeiler and Fergus, "Visualizing and
Understanding Convolutional Networks", 2014). If a product appears several times, hiding one part changes nothing. So
most of the picture is hidden at once, at random (Petsiuk, Das, Saenko, "RISE", 2018). Every field of the picture is
shown equally often, and ridge regression estimates what each field adds; so few passes are enough.
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
"""One number for each pixel or field, shape (height, width)."""

Shown: TypeAlias = npt.NDArray[np.bool_]
"""True for the fields that a pass of the network shows, shape (passes, rows, columns)."""


@dataclass(frozen=True, slots=True)
class OcclusionSettings:
    """Settings of the occlusion.

    - ``side``: the picture is scaled to this longer side, in pixels.
    - ``fields``: the picture is divided into about this many nearly square fields.
    - ``deals``, ``parts``: this many times, the fields are divided at random into ``parts`` groups. Each group gives
      one pass of the network, which shows only the fields of the group.
    - ``blur``: hidden fields are blurred, by this share of the side.
    - ``batch``: the number of pictures that are embedded at once.
    - ``ridge``: the penalty of the regression, in passes.
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
"""If no field adds this much to the cosine, none is hot."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The regions that cause the similarity of two pictures.

    - ``shares`` (height, width), in [0, 1]: 1 where the query adds most to the similarity, 0 where it adds nothing.
    - ``similarity``: the cosine of the whole query and the item.
    - ``gain``: how much the hottest field adds to the cosine when most of the others are hidden.
    """

    shares: Plane
    similarity: float
    gain: float


def heat_map(
    embed: Embed, query: Image.Image, item: Vectors, settings: OcclusionSettings = DEFAULT_SETTINGS
) -> HeatMap:
    """The heat of a query's regions against an item's vector, shape (dim,), unit length.

    It takes 61 passes of the network, in batches. The same input gives the same heat. Errors of ``embed`` are raised.
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
    """The fields that each pass shows of a picture of size (width, height). Every deal shows every field once."""
    width, height = size
    columns = min(settings.fields, max(1, round((settings.fields * width / height) ** 0.5)))
    rows = max(1, round(settings.fields / columns))
    generator = np.random.default_rng(0)
    groupings = [generator.permutation(rows * columns) % settings.parts for _ in range(settings.deals)]
    shown = np.array([groups == part for groups in groupings for part in range(settings.parts)])
    return shown.reshape(-1, rows, columns)


def _gains(shown: Shown, cosines: npt.NDArray[np.floating], ridge: float) -> Plane:
    """How much each field adds to the cosine, shape (rows, columns), by ridge regression (Hoerl and Kennard 1970)."""
    passes = shown.reshape(len(shown), -1).astype(np.float64)
    passes -= passes.mean(axis=0)
    weights = np.linalg.solve(
        passes.T @ passes + ridge * np.eye(passes.shape[1]), passes.T @ (cosines - cosines.mean())
    )
    return np.asarray(weights.reshape(shown.shape[1:]), np.float32)


def _occluded(picture: Image.Image, shown: Shown, settings: OcclusionSettings) -> Iterator[list[Image.Image]]:
    """The pictures of all passes, batch by batch. Hidden fields are blurred and have soft edges."""
    clear = np.asarray(picture, np.float32)
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(settings.blur * settings.side)), np.float32)
    for start in range(0, len(shown), settings.batch):
        masks = np.stack([_interpolated(fields, picture.size) for fields in shown[start : start + settings.batch]])
        mixed = blurred + masks[..., np.newaxis] * (clear - blurred)
        yield [Image.fromarray(picture_array) for picture_array in mixed.round().astype(np.uint8)]


def _interpolated(fields: npt.NDArray[np.generic], size: tuple[int, int]) -> Plane:
    """The fields' values in [0, 1], interpolated to pixels."""
    smooth = Image.fromarray(fields.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float32).clip(0, 1)


def _scaled(query: Image.Image, side: int) -> Image.Image:
    scale = side / max(query.size)
    size = (max(1, round(query.width * scale)), max(1, round(query.height * scale)))
    return on_white(query).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
