"""What the details of a picture are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

DESCRIPTOR_DIM = 128
"""Numbers in one descriptor."""

Points: TypeAlias = npt.NDArray[np.float32]
"""Places in a picture, shape (n, 2): x to the right and y downwards, in pixels of the working picture, from 0."""

Descriptors: TypeAlias = npt.NDArray[np.float32]
"""RootSIFT descriptors, shape (n, 128), unit length, no number below 0."""


@dataclass(frozen=True, slots=True)
class Details:
    """Local features of one picture, strongest first.

    ``size`` is the width and height of the working picture, in pixels: the upright picture, made smaller or larger.
    ``points``, ``descriptors``, ``scales`` (diameters in pixels, shape (n,)) and ``angles`` (degrees clockwise in
    [0, 360), shape (n,)) belong together row by row. A plain picture has no rows.
    """

    size: tuple[int, int]
    points: Points
    scales: npt.NDArray[np.float32]
    angles: npt.NDArray[np.float32]
    descriptors: Descriptors

    def __len__(self) -> int:
        return len(self.points)


def no_details(size: tuple[int, int]) -> Details:
    """What a picture without any texture has."""
    return Details(
        size,
        np.empty((0, 2), np.float32),
        np.empty(0, np.float32),
        np.empty(0, np.float32),
        np.empty((0, DESCRIPTOR_DIM), np.float32),
    )
