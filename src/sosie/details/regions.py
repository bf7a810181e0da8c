"""Where in a photo products may lie: a region for each group of details that agree with some picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from sosie.details.base import Details
from sosie.details.geometry import Places
from sosie.details.verify import Agreement

MOST_REGIONS = 12
"""So many regions, at most, are worth a search of their own."""

_MARGIN = 0.05
"""By how much a region is larger than the frame of the picture that agrees, in widths and heights of the photo."""

Region: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height, in fractions of the photo."""

_SHARED = 0.5
_LEAST = 0.01

Frame: TypeAlias = npt.NDArray[np.float32]


def regions_of(query: Details, agreements: Sequence[Agreement]) -> list[Region]:
    """The regions of the photo where something agrees, in fractions, most agreeing points first.

    An agreement belongs to the region of a better one if half of its points lie within that one's frame: variants of
    one product, and pictures of the same product, agree in the same place.
    """
    frames: list[Frame] = []
    regions = []
    for agreement in sorted(agreements, key=lambda one: -one.inliers):
        points = query.points[agreement.pairs.query] / query.size
        if len(frames) < MOST_REGIONS and not any(_share_within(frame, points) >= _SHARED for frame in frames):
            frames.append(np.asarray(agreement.query_polygon, np.float32))
            regions.append(_around(frames[-1]))
    return regions


def _share_within(frame: Frame, points: Places) -> float:
    inside = [cv2.pointPolygonTest(frame, (float(x), float(y)), False) >= 0 for x, y in points]
    return float(np.mean(inside))


def _around(frame: Frame) -> Region:
    left, top = np.clip(frame.min(axis=0) - _MARGIN, 0, 1 - _LEAST).tolist()
    right, bottom = np.clip(frame.max(axis=0) + _MARGIN, _LEAST, 1).tolist()
    x, y = round(left, 4), round(top, 4)
    return x, y, round(max(right - x, _LEAST), 4), round(max(bottom - y, _LEAST), 4)
