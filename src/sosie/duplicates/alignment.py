"""Affine maps that align two pictures: first guesses, and their refinement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from sosie.details.base import Details
from sosie.details.verify import verify
from sosie.duplicates.looks import SQUARE, ComparablePicture
from sosie.duplicates.screening import LEAST_CORRELATION, correlations

Map: TypeAlias = npt.NDArray[np.float64]
"""Shape (3, 3): maps positions in the second picture to positions in the first, in fractions of width and height."""

MOST_ROTATIONS = 2
_MIRROR: Map = np.array([(-1, 0, 1), (0, 1, 0), (0, 0, 1)], np.float64)
_QUARTER_ROTATION: Map = np.array([(0, 1, 0), (-1, 0, 1), (0, 0, 1)], np.float64)
_PLACEMENTS: list[Map] = [
    np.linalg.matrix_power(_QUARTER_ROTATION, quarters) @ start
    for start in (np.eye(3), _MIRROR)
    for quarters in range(4)
]
"""The maps of ``ORIENTATIONS``."""

_PIXELS: Map = np.array([(SQUARE, 0, -0.5), (0, SQUARE, -0.5), (0, 0, 1)], np.float64)
"""Maps fractions to pixels of a square. The center of the first pixel is at 0."""

_EVERYWHERE = np.ones((SQUARE, SQUARE), np.uint8)


def alignments(first: ComparablePicture, second: ComparablePicture, by_details: bool = True) -> Iterator[Map]:
    """Maps of the second picture onto the first, the most likely first.

    Without ``by_details``, only maps of the whole picture onto the whole picture.
    """
    yield from _whole(first, second)
    if by_details:
        yield from _by_details(first, second)


def map_between_pixels(placement: Map) -> Map:
    """The same map between pixels of the two squares."""
    return np.asarray(_PIXELS @ placement @ np.linalg.inv(_PIXELS), np.float64)


def refined(first: ComparablePicture, second: ComparablePicture, placement: Map) -> Map:
    """The affine map near ``placement`` with the highest correlation of the squares; ``placement`` if none is higher.

    By the enhanced correlation coefficient (Evangelidis and Psarakis 2008).
    """
    start = np.linalg.inv(map_between_pixels(placement))[:2].astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-4)
    grays = [cv2.cvtColor(look.square, cv2.COLOR_RGB2GRAY) for look in (first, second)]
    try:
        _, better = cv2.findTransformECC(grays[0], grays[1], start, cv2.MOTION_AFFINE, criteria, _EVERYWHERE, 5)
        pixels = np.linalg.inv(np.vstack([better, (0, 0, 1)]))
    except (cv2.error, np.linalg.LinAlgError):
        return placement
    return np.asarray(np.linalg.inv(_PIXELS) @ pixels @ _PIXELS, np.float64)


def _whole(first: ComparablePicture, second: ComparablePicture) -> list[Map]:
    """Maps of the whole second picture onto the whole first one: the rotations and flips with a high correlation."""
    correlating = correlations(first.coarse, second.coarse)
    likely = [number for number in np.argsort(-correlating).tolist() if correlating[number] >= LEAST_CORRELATION]
    return [_PLACEMENTS[number] for number in likely[:MOST_ROTATIONS]]


def _by_details(first: ComparablePicture, second: ComparablePicture) -> Iterator[Map]:
    """Maps on which the details of both pictures agree: with the second picture as it is, and mirrored."""
    for details, before in ((second.details, np.eye(3)), (second.details.mirrored(), _MIRROR)):
        affine = _affine(first.details, details)
        if affine is not None:
            yield affine @ before


def _affine(first: Details, second: Details) -> Map | None:
    """The affine map of the agreeing points, by least squares. Copies need no homography, which has more parameters."""
    agreement = verify(first, second)
    if agreement is None:
        return None
    ends = first.points[agreement.pairs.query] / np.array(first.size)
    starts = second.points[agreement.pairs.item] / np.array(second.size)
    solved, _, rank, _ = np.linalg.lstsq(np.column_stack([starts, np.ones(len(starts))]), ends, rcond=None)
    if rank < 3 or abs(np.linalg.det(solved[:2])) < 1e-3:
        return None
    return np.vstack([solved.T, (0, 0, 1)])
