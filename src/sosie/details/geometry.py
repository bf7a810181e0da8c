"""Homographies: projection of points, and the local rotation and scale."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.float64]

Homography: TypeAlias = Matrix
"""Shape (3, 3): maps positions in the item's working picture to positions in the query's, both in pixels."""

Places: TypeAlias = npt.NDArray[np.floating]
"""Shape (n, 2): x and y in pixels."""

Polygon: TypeAlias = tuple[tuple[float, float], ...]
"""Corners (x, y) in fractions of a picture's width and height; they may lie outside it."""


def project(homography: Homography, points: Places) -> Matrix:
    """The projected points, shape (n, 2)."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)


def rotations_and_scales(homography: Homography, points: Places) -> tuple[Matrix, Matrix]:
    """Local rotation in degrees and scale factor of a homography at each point; shape (n,) each."""
    jacobians = _jacobians(homography, points)
    sines, cosines = jacobians[:, 1, 0] - jacobians[:, 0, 1], jacobians[:, 0, 0] + jacobians[:, 1, 1]
    scales = np.sqrt(np.maximum(np.linalg.det(jacobians), 1e-12))
    return np.degrees(np.arctan2(sines, cosines)), scales


def is_plausible(homography: Homography, size: tuple[int, int], most_scale: float) -> bool:
    """True if a camera could see a picture of this size under this homography.

    The projected picture must not be mirrored or folded, and its corners must lie in front of the camera. Its overall
    scale must lie between 1 / ``most_scale`` and ``most_scale``.
    """
    frame = corners(size)
    depths = frame @ homography[2, :2] + homography[2, 2]
    if not np.isfinite(homography).all() or depths.min() * depths.max() <= 0:
        return False
    seen = project(homography, frame)
    sides = np.roll(seen, -1, axis=0) - seen
    growth = _cross(seen, np.roll(seen, -1, axis=0)).sum() / 2 / (size[0] * size[1])
    convex = bool((_cross(sides, np.roll(sides, -1, axis=0)) > 0).all())
    return convex and most_scale**-2 <= growth <= most_scale**2


def corners(size: tuple[int, int]) -> Matrix:
    """Corners of a picture of this width and height, clockwise from the upper left, shape (4, 2)."""
    width, height = size
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def in_fractions(points: Places, size: tuple[int, int]) -> Polygon:
    """Converts positions in pixels to a polygon in fractions of width and height."""
    return tuple((round(float(x) / size[0], 4), round(float(y) / size[1], 4)) for x, y in points)


def _jacobians(homography: Homography, points: Places) -> Matrix:
    """The Jacobian of the homography at each point, shape (n, 2, 2), by the quotient rule for (a·p + b) / (c·p + d)."""
    seen = project(homography, points)
    depths = points @ homography[2, :2] + homography[2, 2]
    numerators = homography[np.newaxis, :2, :2] - seen[:, :, np.newaxis] * homography[np.newaxis, 2:, :2]
    return np.asarray(numerators / depths[:, np.newaxis, np.newaxis], np.float64)


def _cross(first: Matrix, second: Matrix) -> Matrix:
    return first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
