"""Which region of a query carries its similarity to an item: hide parts of it, and see what becomes of the cosine.

Pooled vectors keep no places, so the network is asked again with parts hidden (Zeiler and Fergus, "Visualizing and
Understanding Convolutional Networks", 2014). One patch at a time shows nothing where the product lies there several
times, so most of the picture is hidden at once, at random, as by Petsiuk, Das and Saenko ("RISE", 2018). Here every
field of the picture is shown equally often, and ridge regression tells what each adds, so that few passes are enough.
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
"""Which fields each pass shows, shape (passes, rows, columns)."""


@dataclass(frozen=True, slots=True)
class OcclusionSettings:
    """How parts are hidden.

    The picture is worked on at ``side`` pixels, its longer side, and has about ``fields`` fields, nearly square. They
    are dealt out ``deals`` times into ``parts`` heaps, and each heap is one network pass that shows its fields alone;
    the rest is blurred by ``blur`` of the side. ``batch`` pictures are embedded at once. ``ridge`` holds down what a
    field may seem to add by chance, in passes.
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
"""Where no place adds this much to the cosine, none is hot."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Where the similarity of two pictures comes from.

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
    picture = _working(query, settings.side)
    similarity = float(embed([picture])[0] @ item)
    shown = deal(picture.size, settings)
    cosines = np.concatenate([embed(pictures) @ item for pictures in _partly(picture, shown, settings)])
    gains = np.maximum(_gains(shown, cosines, settings.ridge), 0)
    gain = float(gains.max())
    shares = gains / gain if gain >= LEAST_GAIN else np.zeros_like(gains)
    return HeatMap(_stretched(shares, picture.size), similarity, gain)


def deal(size: tuple[int, int], settings: OcclusionSettings = DEFAULT_SETTINGS) -> Shown:
    """Which fields of a picture of this width and height each pass shows; every deal shows every field once."""
    width, height = size
    columns = min(settings.fields, max(1, round((settings.fields * width / height) ** 0.5)))
    rows = max(1, round(settings.fields / columns))
    chance = np.random.default_rng(0)
    heaps = [chance.permutation(rows * columns) % settings.parts for _ in range(settings.deals)]
    shown = np.array([heap == part for heap in heaps for part in range(settings.parts)])
    return shown.reshape(-1, rows, columns)


def _gains(shown: Shown, cosines: npt.NDArray[np.floating], ridge: float) -> Plane:
    """What each field adds to the cosine, shape (rows, columns), by ridge regression (Hoerl and Kennard 1970)."""
    passes = shown.reshape(len(shown), -1).astype(np.float64)
    passes -= passes.mean(axis=0)
    weights = np.linalg.solve(
        passes.T @ passes + ridge * np.eye(passes.shape[1]), passes.T @ (cosines - cosines.mean())
    )
    return np.asarray(weights.reshape(shown.shape[1:]), np.float32)


def _partly(picture: Image.Image, shown: Shown, settings: OcclusionSettings) -> Iterator[list[Image.Image]]:
    """The picture with some fields shown and the others blurred, softly joined, batch by batch."""
    clear = np.asarray(picture, np.float32)
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(settings.blur * settings.side)), np.float32)
    for start in range(0, len(shown), settings.batch):
        masks = np.stack([_stretched(fields, picture.size) for fields in shown[start : start + settings.batch]])
        mixed = blurred + masks[..., np.newaxis] * (clear - blurred)
        yield [Image.fromarray(one) for one in mixed.round().astype(np.uint8)]


def _stretched(fields: npt.NDArray[np.generic], size: tuple[int, int]) -> Plane:
    """Numbers in [0, 1] of fields as those of pixels, without steps between."""
    smooth = Image.fromarray(fields.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(smooth, np.float32).clip(0, 1)


def _working(query: Image.Image, side: int) -> Image.Image:
    scale = side / max(query.size)
    size = (max(1, round(query.width * scale)), max(1, round(query.height * scale)))
    return on_white(query).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
