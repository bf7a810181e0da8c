"""The photo laid onto the catalogue picture, and how far colours and patterns agree there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.details.geometry import Homography
from sosie.details.verify import Agreement
from sosie.types import RGB

SIDE = 128
"""The longer side, in pixels, at which two pictures are compared."""

_REACH = 0.25
"""How far from the agreeing points pictures are still compared, in longer sides."""

_WINDOW = 13
_SHIFTS = ((0, 0), (-2, 0), (2, 0), (0, -2), (0, 2))
_LEAST_REGION = 64
_LEAST_CONTRAST = 4.0

Lab = npt.NDArray[np.float32]
Grey = npt.NDArray[np.float32]
Region = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two aligned pictures are.

    ``colour_distance``: mean difference of Lab a and b, about 0 to 100; ``colour_correlation``: of both, −1 … 1;
    ``pattern``: correlation of lightness within small windows, mean over those with contrast, −1 … 1. NaN where there
    is nothing to compare.
    """

    colour_distance: float
    colour_correlation: float
    pattern: float


NOTHING = Likeness(np.nan, np.nan, np.nan)


def likeness(photo: RGB, catalogue: Image.Image, agreement: Agreement, item_size: tuple[int, int]) -> Likeness:
    """How alike the photo and a picture of the catalogue are where they agree.

    ``photo`` has the size of the query's working picture; ``item_size`` is that of the item's, in pixels.
    """
    small = _small(catalogue)
    height, width = small.shape[:2]
    way = agreement.homography @ np.diag([item_size[0] / width, item_size[1] / height, 1.0])
    region = _region(small, photo.shape[:2], way, agreement)
    if region.sum() < _LEAST_REGION:
        return NOTHING
    seen, shown = _lab(_laid(photo, way, (width, height))), _lab(small)
    return Likeness(
        *_colours(seen[..., 1:][region], shown[..., 1:][region]),
        _pattern(seen[..., 0], shown[..., 0], region),
    )


def _small(catalogue: Image.Image) -> RGB:
    scale = SIDE / max(catalogue.size)
    size = (max(1, round(catalogue.width * scale)), max(1, round(catalogue.height * scale)))
    return np.asarray(catalogue.convert("RGB").resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0))


def _laid(photo: RGB, way: Homography, size: tuple[int, int]) -> RGB:
    return np.asarray(cv2.warpPerspective(photo, way, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP), np.uint8)


def _region(small: RGB, photo_size: tuple[int, ...], way: Homography, agreement: Agreement) -> Region:
    """What shows in both pictures, belongs to the product and lies near the agreeing points; shape of ``small``."""
    height, width = small.shape[:2]
    inside = _laid(np.full((*photo_size, 1), 255, np.uint8), way, (width, height)).reshape(height, width) == 255
    hull = np.zeros((height, width), np.uint8)
    corners = np.array(agreement.item_polygon) * (width, height)
    cv2.fillConvexPoly(hull, np.rint(corners).astype(np.int32), 1)
    reach = 2 * round(_REACH * SIDE) + 1
    near = cv2.dilate(hull, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))) > 0
    return np.asarray(inside & near & _product(small), np.bool_)


def _product(small: RGB) -> Region:
    """The product without the plain ground around it: the hull of all that differs from the picture's rim."""
    rim = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    differs = np.abs(small.astype(np.int16) - np.median(rim, axis=0).astype(np.int16)).max(axis=2) > 16
    points = cv2.findNonZero(differs.astype(np.uint8))
    hull = np.zeros(differs.shape, np.uint8)
    if points is not None:
        cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return hull > 0


def _lab(picture: RGB) -> Lab:
    return np.asarray(cv2.cvtColor(cv2.blur(picture, (3, 3)).astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _colours(seen: Lab, shown: Lab) -> tuple[float, float]:
    distance = float(np.linalg.norm(seen - shown, axis=1).mean())
    first, second = (seen - seen.mean(axis=0)).ravel(), (shown - shown.mean(axis=0)).ravel()
    spread = float(np.sqrt((first @ first) * (second @ second)))
    return distance, float(first @ second) / spread if spread > 0 else np.nan


def _pattern(seen: Grey, shown: Grey, region: Region) -> float:
    """The mean over all windows with contrast of the best correlation within two pixels."""
    best = np.max([_correlation(np.roll(seen, shift, (0, 1)), shown) for shift in _SHIFTS], axis=0)
    marked = region & (_deviation(shown) > _LEAST_CONTRAST)
    return float(best[marked].mean()) if marked.any() else np.nan


def _correlation(first: Grey, second: Grey) -> Grey:
    joint = _mean(first * second) - _mean(first) * _mean(second)
    return np.asarray(joint / np.maximum(_deviation(first) * _deviation(second), 1.0), np.float32)


def _deviation(grey: Grey) -> Grey:
    return np.asarray(np.sqrt(np.maximum(_mean(grey * grey) - _mean(grey) ** 2, 0)), np.float32)


def _mean(grey: Grey) -> Grey:
    return np.asarray(cv2.blur(grey, (_WINDOW, _WINDOW)), np.float32)
