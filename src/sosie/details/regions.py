"""Finds regions of a photo that may show products: where details agree with catalog pictures."""

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
"""Most regions that are searched in a photo."""

_MARGIN = 0.05
"""Margin around the frame of the agreeing picture, as a share of the photo's width and height."""

Region: TypeAlias = tuple[float, float, float, float]
"""Left, top, width and height, in fractions of the photo."""

_SHARED = 0.5
_LEAST = 0.01

Frame: TypeAlias = npt.NDArray[np.float32]


def regions_of(query: Details, agreements: Sequence[Agreement]) -> list[Region]:
    """The regions of the photo with agreeing details, in fractions, most agreeing points first.

    If half of an agreement's points lie in the region of a better agreement, no new region is made: variants of a
    product agree in the same place.
    """
    frames: list[Frame] = []
    regions = []
    for agreement in sorted(agreements, key=lambda agreement: -agreement.inliers):
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
