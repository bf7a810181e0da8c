"""Converts upright RGB to the input of networks and to thumbnails."""

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from PIL import Image

from sosie.types import RGB, Pixels, Transform

Resized: TypeAlias = tuple[RGB, ...]
"""A resized picture, not yet normalized: for each transform of an embedder (size, size, 3), uint8."""

_RESAMPLINGS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}
_REDUCING_GAP = 3.0
"""Much larger pictures are first averaged in whole steps, to at least this multiple of the target size."""

THUMBNAIL_SIDE = 256
_THUMBNAIL_QUALITY = 80


def resize(picture: Image.Image, transforms: Sequence[Transform]) -> Resized:
    """An upright RGB picture in the sizes that several networks need.

    Transforms that differ only in ``mean`` and ``std`` share one resized picture.
    """
    resized: dict[Transform, RGB] = {}
    for transform in transforms:
        geometry = _geometry(transform)
        if geometry not in resized:
            resized[geometry] = np.asarray(_resize(picture, transform))
    return tuple(resized[_geometry(transform)] for transform in transforms)


def to_pixels(resized: Sequence[Resized], transforms: Sequence[Transform]) -> tuple[Pixels, ...]:
    """The input of ``Embedder.embed`` for at least one picture: for each transform (n, 3, size, size), float32, RGB."""
    return tuple(map(_normalize, zip(*resized, strict=True), transforms))


def pixels_of(pictures: Sequence[Image.Image], transforms: Sequence[Transform]) -> tuple[Pixels, ...]:
    """``to_pixels`` for upright RGB pictures. There must be at least one, and all must fit into memory."""
    return to_pixels([resize(picture, transforms) for picture in pictures], transforms)


def shorter_side_needed(transforms: Sequence[Transform], thumbnail_side: int = THUMBNAIL_SIDE) -> int:
    """The shorter side, in pixels, from which all transforms and a thumbnail can be made without enlarging."""
    return max([thumbnail_side, *map(_shorter_side, transforms)])


def encode_thumbnail(picture: Image.Image, side: int = THUMBNAIL_SIDE) -> bytes:
    """A JPEG of an upright RGB picture. Its longer side is at most ``side`` pixels; nothing is enlarged."""
    small = picture if max(picture.size) <= side else _fit(picture, side, Image.Resampling.BILINEAR)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_THUMBNAIL_QUALITY)
    return out.getvalue()


def _shorter_side(transform: Transform) -> int:
    if transform.geometry == "crop":
        return math.ceil(transform.size / transform.crop_share)
    return max(transform.size, transform.shorter_side or 0)


@lru_cache(maxsize=64)
def _geometry(transform: Transform) -> Transform:
    """The transform without its normalization, as a key."""
    share = transform.crop_share if transform.geometry == "crop" else 1.0
    return replace(transform, mean=(0, 0, 0), std=(1, 1, 1), crop_share=share)


def _resize(picture: Image.Image, transform: Transform) -> Image.Image:
    resampling = _RESAMPLINGS[transform.resampling]
    square = (transform.size, transform.size)
    if transform.geometry == "pad":
        return _on_white(_fit(picture, transform.size, resampling), transform.size)
    gap = _REDUCING_GAP if transform.reduce else None
    if transform.geometry == "cut":
        return _cut(_with_shorter_side(picture, transform.shorter_side or transform.size, resampling, gap), square)
    box = _center(picture, transform.crop_share) if transform.geometry == "crop" else None
    return picture.resize(square, resampling, box, gap)


def _with_shorter_side(picture: Image.Image, side: int, resampling: Image.Resampling, gap: float | None) -> Image.Image:
    """The picture resized to this shorter side. The longer side is rounded down to whole pixels."""
    shorter = min(picture.size)
    width, height = (side if length == shorter else side * length // shorter for length in picture.size)
    return picture.resize((width, height), resampling, None, gap)


def _cut(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The center of the picture. If the picture is smaller, the rest is black. An odd pixel is right and below."""
    wide, high = (max(have, want) for have, want in zip(picture.size, size, strict=True))
    left, top = (math.ceil((have - own) / 2) for have, own in zip((wide, high), picture.size, strict=True))
    x, y = ((have - want) // 2 - lead for have, want, lead in zip((wide, high), size, (left, top), strict=True))
    return picture.crop((x, y, x + size[0], y + size[1]))


def _center(picture: Image.Image, share: float) -> tuple[float, float, float, float]:
    side = min(picture.size) * share
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    return left, top, left + side, top + side


def _fit(picture: Image.Image, side: int, resampling: Image.Resampling) -> Image.Image:
    scale = side / max(picture.size)
    width, height = (max(1, round(length * scale)) for length in picture.size)
    return picture.resize((width, height), resampling, None, _REDUCING_GAP)


def _on_white(picture: Image.Image, side: int) -> Image.Image:
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _normalize(pictures: Sequence[RGB], transform: Transform) -> Pixels:
    mean, std = (
        np.reshape(np.asarray(channels, np.float32), (3, 1, 1)) for channels in (transform.mean, transform.std)
    )
    pixels: Pixels = np.empty((len(pictures), 3, transform.size, transform.size), np.float32)
    for target, rgb in zip(pixels, pictures, strict=True):
        target[:] = rgb.transpose(2, 0, 1)
        target -= mean
        target /= std
    return pixels
