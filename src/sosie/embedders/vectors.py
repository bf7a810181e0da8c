"""Checks pixels before a network runs, and scales vectors to unit length afterwards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sosie.errors import EmbedderError
from sosie.types import EmbedderSpec, Pixels, Vectors


def check_pixel_arrays(pixels: Sequence[Pixels], spec: EmbedderSpec) -> tuple[Pixels, ...]:
    """The pixels, if there is one float32 array (n, 3, size, size) for each transform; else ``ValueError``."""
    if len(pixels) != len(spec.transforms):
        raise ValueError(f"{spec.name} takes {len(spec.transforms)} arrays of pixels, got {len(pixels)}")
    count = len(pixels[0])
    for array, transform in zip(pixels, spec.transforms, strict=True):
        expected = (count, 3, transform.size, transform.size)
        if array.dtype != np.float32 or array.shape != expected:
            raise ValueError(f"{spec.name} takes float32 pixels of shape {expected}, got {array.dtype} {array.shape}")
    return tuple(pixels)


def to_unit_length(features: npt.NDArray[np.floating], name: str) -> Vectors:
    """Rows divided by their L2 norm, float32; ``EmbedderError`` if a row is zero or not finite.

    Such a row has no cosine, so it must not get into a store.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        wide = features.astype(np.float64)
        norms = np.sqrt(np.square(wide).sum(axis=1, keepdims=True))
    useless = np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))
    if len(useless):
        rows = ", ".join(str(int(row)) for row in useless)
        raise EmbedderError(
            f"{name} gave a vector that is zero or not finite for picture {rows} of {len(features)}; "
            "expected a direction: check the network and its transform"
        )
    unit: Vectors = (wide / norms).astype(np.float32)
    return unit
