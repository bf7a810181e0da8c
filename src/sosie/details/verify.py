"""Geometric verification: tests whether matched points of two pictures agree with one homography.

Two views of a flat object differ by a homography.
"""

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
"""Growth is the ratio of two points' scales. A bin is ``_GROWTH_STEP`` octaves wide. One bin is centered on ratio 1,
with ``_GROWTHS`` bins on each side."""

_NEAR = 0.08
"""Points nearer to each other than this share of the picture's longer side are near."""

Marks = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class VerificationSettings:
    """Thresholds for agreement.

    - ``tolerance``: largest distance of an agreeing pair from the homography, in pixels of the query's working picture.
    - ``least_inliers``: fewest agreeing pairs.
    - ``most_scale``: the homography enlarges or shrinks lengths at most by this factor.
    - ``turn_tolerance``: largest difference of a pair's rotation from that of the homography, in degrees.
    - ``scale_tolerance``: largest ratio of a pair's scale to that of the homography.
    - ``iterations``, ``confidence``: passed to MAGSAC++.
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

    - ``tentative``: number of matched pairs.
    - ``pairs``: the matched pairs that agree with ``homography`` (inliers).
    - ``query_polygon``: the item's frame projected into the query.
    - ``item_polygon``: the convex hull of the agreeing points in the item.
    - ``spread``: the share of the item's picture that this hull covers.
    - ``mirrored``: True if the item's mirror image agrees. Then all positions in the item refer to the mirror image.
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
        """The share of matched pairs that agree, in (0, 1]."""
        return self.inliers / self.tentative


def verify(
    query: Details, item: Details, settings: VerificationSettings = DEFAULT_SETTINGS, mirrored: bool = False
) -> Agreement | None:
    """The agreement of query and item; None if they do not agree.

    MAGSAC++ (Barath et al. 2020) estimates the homography with a fixed seed, so results are reproducible. With
    ``mirrored`` the item's mirror image is tested too, and the better agreement is returned. Thread-safe.
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
    """Like ``verify``, but from matched pairs."""
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


def covered_share(query: Details, item: Details, agreement: Agreement) -> float:
    """The share of the item's points inside the photo that are near an agreeing one; NaN if none are inside.

    If the item is a variant of the product in the photo, points agree only where both packages have the same print.
    """
    seen = project(agreement.homography, item.points)
    inside = item.points[((seen >= 0) & (seen < query.size)).all(axis=1)]
    if not len(inside):
        return np.nan
    agreeing = item.points[agreement.pairs.item]
    farther = (agreeing**2).sum(axis=1) - 2 * inside @ agreeing.T
    squares = (inside**2).sum(axis=1) + farther.min(axis=1)
    return float((squares < (_NEAR * max(item.size)) ** 2).mean())


def _in_the_main(query: Details, item: Details, pairs: Pairs) -> Marks:
    """Marks the pairs whose rotation and change of scale are near to those of most pairs.

    This is weak geometric consistency (Jégou, Douze, Schmid 2008). Wrong pairs rotate and scale at random, so about
    three quarters of them are dropped. This saves most of the time that estimating a homography takes.
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
    # OpenCV may return None, which its type stubs do not say.
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
