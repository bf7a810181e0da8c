"""Verifies that the points of two pictures agree in geometry: two views of a flat object differ by a homography."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from sosie.details.base import Details
from sosie.details.geometry import (
    Homography,
    Polygon,
    corners,
    in_fractions,
    is_plausible,
    project,
    rotations_and_scales,
)
from sosie.details.matching import Pairs, match

_ROTATION_STEP, _ROTATION_BINS = 30.0, 12
_GROWTH_STEP, _GROWTHS = 1.0, 4
"""Degrees of a step, and steps; octaves of a step, and steps to either side."""

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class VerificationSettings:
    """Thresholds for agreement.

    Pairs agree within ``tolerance`` pixels of the query's working picture; ``least_inliers`` of them are needed;
    lengths grow at most ``most_scale`` times or shrink as much. The rotation and scale between the two points of a pair
    may differ by ``turn_tolerance`` degrees and a factor of ``scale_tolerance`` from the homography there.
    """

    tolerance: float = 4.0
    least_inliers: int = 6
    most_scale: float = 8.0
    turn_tolerance: float = 30.0
    scale_tolerance: float = 2.0
    iterations: int = 2000
    confidence: float = 0.999


DEFAULT_SETTINGS = VerificationSettings()


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of two pictures.

    ``tentative`` pairs looked alike, and ``pairs`` of them agree with ``homography``. ``query_polygon`` is the item's
    frame projected into the query, ``item_polygon`` the hull of the agreeing points in the item, and ``spread`` the
    share of the item's picture that this hull covers. ``mirrored``: the item's mirror image agrees, and all positions
    in the item refer to the mirror image.
    """

    tentative: int
    pairs: Pairs
    homography: Homography
    query_polygon: Polygon
    item_polygon: Polygon
    spread: float
    mirrored: bool = False

    @property
    def inliers(self) -> int:
        """Number of agreeing pairs."""
        return len(self.pairs)

    @property
    def share(self) -> float:
        """Agreeing pairs among those that looked alike, in (0, 1]."""
        return self.inliers / self.tentative


def verify(
    query: Details, item: Details, settings: VerificationSettings = DEFAULT_SETTINGS, mirrored: bool = False
) -> Agreement | None:
    """The position of the item in the query, or None if they do not agree.

    The homography is found by MAGSAC++ (Barath et al. 2020) with a fixed seed, so that the same details give the same
    result. With ``mirrored`` the item's mirror image is tried as well, and the better of both is returned. Thread-safe.
    """
    agreement = agree(query, item, match(query.descriptors, item.descriptors), settings)
    if not mirrored:
        return agreement
    image = item.mirrored()
    other = agree(query, image, match(query.descriptors, image.descriptors), settings)
    if other is None or (agreement is not None and agreement.inliers >= other.inliers):
        return agreement
    return replace(other, mirrored=True)


def agree(
    query: Details, item: Details, pairs: Pairs, settings: VerificationSettings = DEFAULT_SETTINGS
) -> Agreement | None:
    """The position of the item in the query by these pairs, or None if they do not agree."""
    likely = pairs.where(_in_the_main(query, item, pairs))
    if len(likely) < settings.least_inliers:
        return None
    homography, inliers = _estimate(query, item, likely, settings)
    if homography is None or not is_plausible(homography, item.size, settings.most_scale):
        return None
    agreeing = likely.where(inliers & _consistent(query, item, likely, homography, settings))
    if len(agreeing) < settings.least_inliers:
        return None
    return _agreement(query, item, len(pairs), agreeing, homography)


def _in_the_main(query: Details, item: Details, pairs: Pairs) -> Marks:
    """The pairs whose own turn and growth are near to those of most pairs, before any homography is sought.

    Weak geometric consistency (Jégou, Douze, Schmid 2008). Pairs by chance turn and grow in all ways, so that three
    quarters of them go, and with them most of the time that a homography takes.
    """
    rotations = (query.angles[pairs.query] - item.angles[pairs.item]) / _ROTATION_STEP
    growths = np.log2(query.scales[pairs.query] / item.scales[pairs.item]) / _GROWTH_STEP
    rows, columns = (
        np.floor(rotations % _ROTATION_BINS).astype(int) % _ROTATION_BINS,
        np.rint(growths).clip(-_GROWTHS, _GROWTHS).astype(int),
    )
    shape = (_ROTATION_BINS, 2 * _GROWTHS + 3)
    votes = np.bincount(rows * shape[1] + columns + _GROWTHS + 1, minlength=shape[0] * shape[1]).reshape(shape)
    around = votes + np.roll(votes, 1, 0) + np.roll(votes, -1, 0)
    around[:, 1:-1] = around[:, :-2] + around[:, 1:-1] + around[:, 2:]
    row, column = np.unravel_index(around[:, 1:-1].argmax(), (_ROTATION_BINS, 2 * _GROWTHS + 1))
    beside = np.abs((rows - row + _ROTATION_BINS // 2) % _ROTATION_BINS - _ROTATION_BINS // 2) <= 1
    return np.asarray(beside & (np.abs(columns + _GROWTHS - column) <= 1), np.bool_)


def _estimate(
    query: Details, item: Details, pairs: Pairs, settings: VerificationSettings
) -> tuple[Homography | None, Marks]:
    matrix, mask = cv2.findHomography(
        item.points[pairs.item],
        query.points[pairs.query],
        cv2.USAC_MAGSAC,
        settings.tolerance,
        maxIters=settings.iterations,
        confidence=settings.confidence,
    )
    # The stubs promise a matrix, but OpenCV may return None.
    homography: Homography | None = matrix  # type: ignore[assignment]
    return homography, np.asarray(mask, bool).reshape(-1)


def _consistent(
    query: Details, item: Details, pairs: Pairs, homography: Homography, settings: VerificationSettings
) -> Marks:
    rotations, scales = rotations_and_scales(homography, item.points[pairs.item])
    turned = query.angles[pairs.query] - item.angles[pairs.item] - rotations
    grown = query.scales[pairs.query] / item.scales[pairs.item] / scales
    near = np.abs((turned + 180) % 360 - 180) <= settings.turn_tolerance
    return np.asarray(near & (np.abs(np.log(grown)) <= np.log(settings.scale_tolerance)), np.bool_)


def _agreement(query: Details, item: Details, tentative: int, pairs: Pairs, homography: Homography) -> Agreement:
    hull = np.asarray(cv2.convexHull(item.points[pairs.item])[:, 0], np.float32)
    width, height = item.size
    return Agreement(
        tentative=tentative,
        pairs=pairs,
        homography=homography,
        query_polygon=in_fractions(project(homography, corners(item.size)), query.size),
        item_polygon=in_fractions(hull, item.size),
        spread=float(cv2.contourArea(hull)) / (width * height),
    )
