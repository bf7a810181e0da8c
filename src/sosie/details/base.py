"""The records for details: points, descriptors, and the settings of their extraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

DESCRIPTOR_DIM = 128
"""Numbers in one descriptor."""

Points: TypeAlias = npt.NDArray[np.float32]
"""Positions in a picture, shape (n, 2): x to the right, y down, in pixels of the working picture; (0, 0) is the upper
left."""

Descriptors: TypeAlias = npt.NDArray[np.float32]
"""RootSIFT descriptors, shape (n, 128), unit length, no number below 0."""


@dataclass(frozen=True, slots=True)
class ExtractionSettings:
    """Settings for extracting details. Details extracted with different settings can be compared with each other.

    - ``side``: the longer side of the working picture, in pixels.
    - ``points``: most points that are kept.
    - ``surplus``: OpenCV detects up to ``surplus`` · ``points`` candidates.
    - ``grid``: the picture is divided into ``grid`` × ``grid`` cells, and the strongest points of each cell are kept
      first.
    - ``contrast``: OpenCV's contrast threshold. Below 6 / 255 OpenCV rounds it down to 0; then noise produces
      candidates, and extraction takes twice as long for hardly more points.
    """

    points: int
    side: int
    contrast: float = 0.0236
    surplus: float = 2.0
    grid: int = 8


CATALOG_PICTURE = ExtractionSettings(points=500, side=360)
"""For catalog pictures. The product fills the picture, so few pixels are enough (``benchmarks/details.py``)."""

PHOTO = ExtractionSettings(points=600, side=400)
"""For photos, in which the product is a part of the picture."""

PHOTO_CLOSER = ExtractionSettings(points=1200, side=640)
"""For a second attempt with a photo in which few details agreed: the product may be small, or the light bad."""

PHOTO_OF_SEVERAL = ExtractionSettings(points=2400, side=960)
"""For photos of several products, each of which is a small part of the picture."""


@dataclass(frozen=True, slots=True)
class Details:
    """The local features of a picture, strongest first. A picture without texture has none.

    - ``size``: width and height of the working picture, in pixels. This is the upright picture, resized.
    - ``points`` (n, 2) and ``descriptors`` (n, 128).
    - ``scales`` (n,): diameters in pixels.
    - ``angles`` (n,): degrees clockwise in [0, 360).
    """

    size: tuple[int, int]
    points: Points
    scales: npt.NDArray[np.float32]
    angles: npt.NDArray[np.float32]
    descriptors: Descriptors

    def __len__(self) -> int:
        return len(self.points)

    def where(self, kept: npt.NDArray[np.bool_]) -> Details:
        """The details of the points where ``kept`` (n,) is True."""
        return Details(
            self.size, self.points[kept], self.scales[kept], self.angles[kept], np.asarray(self.descriptors[kept])
        )

    def mirrored(self) -> Details:
        """The details of the mirrored picture (left and right exchanged)."""
        width = np.float32(self.size[0] - 1)
        points = np.column_stack([width - self.points[:, 0], self.points[:, 1]]).astype(np.float32)
        angles = np.asarray((180 - self.angles) % 360, np.float32)
        return Details(self.size, points, self.scales, angles, np.asarray(self.descriptors[:, _MIRROR]))


def no_details(size: tuple[int, int]) -> Details:
    """The details of a picture without texture: no points."""
    return Details(
        size,
        np.empty((0, 2), np.float32),
        np.empty(0, np.float32),
        np.empty(0, np.float32),
        np.empty((0, DESCRIPTOR_DIM), np.float32),
    )


_CELLS = np.arange(DESCRIPTOR_DIM).reshape(4, 4, 8)
_MIRROR = _CELLS[::-1, :, -np.arange(8) % 8].ravel()
"""The order of a descriptor's numbers in a mirrored picture.

A descriptor is 4 × 4 cells of 8 directions each; a mirror reverses one axis of the cells, and the directions.
"""
