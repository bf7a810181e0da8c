"""The records of a picture's details."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

DESCRIPTOR_DIM = 128
"""Numbers in one descriptor."""

Points: TypeAlias = npt.NDArray[np.float32]
"""Positions in a picture, shape (n, 2): x to the right and y down, in pixels of the working picture, from 0."""

Descriptors: TypeAlias = npt.NDArray[np.float32]
"""RootSIFT descriptors, shape (n, 128), unit length, no number below 0."""


@dataclass(frozen=True, slots=True)
class ExtractionSettings:
    """Settings for extracting details. Details extracted with different settings can be compared.

    The longer side of the working picture has ``side`` pixels. At most ``points`` of ``surplus`` times as many
    candidates are kept: the strongest, after each of ``grid`` × ``grid`` fields had its share. ``contrast`` is
    OpenCV's: below 6 / 255 its threshold is rounded down to 0, so that noise produces candidates, and extraction takes
    twice as long for hardly more points.
    """

    points: int
    side: int
    contrast: float = 0.0236
    surplus: float = 2.0
    grid: int = 8


CATALOG_PICTURE = ExtractionSettings(points=500, side=360)
"""Settings for catalog pictures: the product fills them, so fewer pixels suffice (``benchmarks/details.py``)."""

PHOTO = ExtractionSettings(points=600, side=400)
"""Settings for photos, in which the product is a part of the picture."""

PHOTO_CLOSER = ExtractionSettings(points=1200, side=640)
"""Settings for photos in which few details agreed: the product may be small, or the light bad."""

PHOTO_OF_SEVERAL = ExtractionSettings(points=2400, side=960)
"""Each of several products is a small part of the picture."""


@dataclass(frozen=True, slots=True)
class Details:
    """Local features of a picture, strongest first.

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

    def where(self, kept: npt.NDArray[np.bool_]) -> Details:
        """The points where ``kept`` is True, shape (n,)."""
        return Details(
            self.size, self.points[kept], self.scales[kept], self.angles[kept], np.asarray(self.descriptors[kept])
        )

    def mirrored(self) -> Details:
        """The details of the mirrored picture, left and right exchanged."""
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
"""A descriptor is 4 × 4 cells of 8 directions around the point's own direction; a mirror
reverses one axis and the directions."""
