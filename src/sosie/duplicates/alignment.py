"""How one picture may lie in another: affine maps between unit squares, found and made finer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from sosie.details.base import Details
from sosie.details.verify import verify
from sosie.duplicates.looks import SQUARE, ComparablePicture

Map: TypeAlias = npt.NDArray[np.float64]
"""Shape (3, 3): places in the second picture, in fractions of its width and height, onto places in the first."""

LEAST_CORRELATION = 0.5
MOST_TURNS = 2
_MIRROR: Map = np.array([(-1, 0, 1), (0, 1, 0), (0, 0, 1)], np.float64)
_QUARTER: Map = np.array([(0, 1, 0), (-1, 0, 1), (0, 0, 1)], np.float64)
_PIXELS: Map = np.array([(SQUARE, 0, -0.5), (0, SQUARE, -0.5), (0, 0, 1)], np.float64)
"""From fractions to pixels of a square, whose first pixel has its centre at 0."""

_EVERYWHERE = np.ones((SQUARE, SQUARE), np.uint8)


def alignments(first: ComparablePicture, second: ComparablePicture) -> Iterator[Map]:
    """Ways in which the second may lie in the first, the likeliest first."""
    yield from _whole(first, second)
    yield from _by_details(first, second)


def map_between_pixels(found: Map) -> Map:
    """The same map between pixels of the two squares."""
    return np.asarray(_PIXELS @ found @ np.linalg.inv(_PIXELS), np.float64)


def refined(first: ComparablePicture, second: ComparablePicture, found: Map) -> Map:
    """The affine map near ``found`` under which the squares correlate best; ``found`` itself where there is none.

    By the enhanced correlation coefficient (Evangelidis and Psarakis 2008).
    """
    start = np.linalg.inv(map_between_pixels(found))[:2].astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 1e-4)
    greys = [cv2.cvtColor(look.square, cv2.COLOR_RGB2GRAY) for look in (first, second)]
    try:
        _, better = cv2.findTransformECC(greys[0], greys[1], start, cv2.MOTION_AFFINE, criteria, _EVERYWHERE, 5)
        pixels = np.linalg.inv(np.vstack([better, (0, 0, 1)]))
    except (cv2.error, np.linalg.LinAlgError):
        return found
    return np.asarray(np.linalg.inv(_PIXELS) @ pixels @ _PIXELS, np.float64)


def _whole(first: ComparablePicture, second: ComparablePicture) -> list[Map]:
    """The whole second picture as the whole first one, in the turns under which both correlate."""
    found = []
    for flip in (False, True):
        seen, turned = (second.coarse[:, ::-1], _MIRROR) if flip else (second.coarse, np.eye(3))
        for _ in range(4):
            found.append((float((seen * first.coarse).sum()), turned))
            seen, turned = np.rot90(seen), _QUARTER @ turned
    likely = sorted((one for one in found if one[0] >= LEAST_CORRELATION), key=lambda one: -one[0])
    return [turned for _, turned in likely[:MOST_TURNS]]


def _by_details(first: ComparablePicture, second: ComparablePicture) -> Iterator[Map]:
    """What the details of both agree on, as they are and mirrored."""
    for details, before in ((second.details, np.eye(3)), (second.details.mirrored(), _MIRROR)):
        found = _affine(first.details, details)
        if found is not None:
            yield found @ before


def _affine(first: Details, second: Details) -> Map | None:
    """Least squares over the agreeing points: copies differ by an affine map, which has fewer numbers to go astray."""
    agreement = verify(first, second)
    if agreement is None:
        return None
    ends = first.points[agreement.pairs.query] / np.array(first.size)
    starts = second.points[agreement.pairs.item] / np.array(second.size)
    solved, _, rank, _ = np.linalg.lstsq(np.column_stack([starts, np.ones(len(starts))]), ends, rcond=None)
    if rank < 3 or abs(np.linalg.det(solved[:2])) < 1e-3:
        return None
    return np.vstack([solved.T, (0, 0, 1)])
