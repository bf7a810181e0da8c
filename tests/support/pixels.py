"""Drawn pictures as the input of an embedder, without any resizing in between."""

from collections.abc import Sequence

import numpy as np

from sosie.types import EmbedderSpec, Pixels, Transform
from support.pictures import draw_picture


def draw_pixels(spec: EmbedderSpec, seeds: Sequence[int], ground: int | None = None) -> list[Pixels]:
    """One array (n, 3, size, size) for each transform, a picture a seed; with ``ground`` all of that gray value."""
    return [_draw(transform, seeds, ground) for transform in spec.transforms]


def _draw(transform: Transform, seeds: Sequence[int], ground: int | None) -> Pixels:
    size = transform.size
    values = np.empty((len(seeds), size, size, 3), np.float32)
    for row, seed in enumerate(seeds):
        values[row] = ground if ground is not None else np.asarray(draw_picture(seed, (size, size)), np.float32)
    pixels = (values - np.float32(transform.mean)) / np.float32(transform.std)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
