"""Screens candidate pairs by sketches of the pictures, before thumbnails and details are read and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sosie.details.base import Details
from sosie.details.vocabulary import shipped_vocabulary
from sosie.duplicates.signature import SIDE
from sosie.stores.voting import MOST_BITS, count_bits
from sosie.support.visual_words import VisualWords

LEAST_POINTS = 5
"""Details are compared only if at least so many points are alike; docs/duplicates.md says how it was chosen."""

POINTS = 200
"""The number of strongest points in a sketch."""

LEAST_CORRELATION = 0.5
"""One whole picture is laid on the other only if their coarse pictures correlate at least so much."""

_ERROR = 0.02
"""Margin for rounded pictures: more than the largest error that the rounding causes in a correlation."""

_LARGEST = 127


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The coarse picture in bytes, shape (SIDE · SIDE,), and visual words of the strongest points.

    ``mirrored`` are the words of the mirror image. Both are None without details. About 5 KB.
    """

    coarse: npt.NDArray[np.int8]
    words: VisualWords | None
    mirrored: VisualWords | None


def sketch(coarse: npt.NDArray[np.float32], details: Details | None) -> Sketch:
    """The sketch of a picture from its coarse gray, shape (SIDE, SIDE), mean 0, and its details, if it has some."""
    rounded = np.rint(coarse.ravel() * (_LARGEST / max(float(np.abs(coarse).max()), 1e-6))).astype(np.int8)
    if details is None:
        return Sketch(rounded, None, None)
    strongest = details.where(np.arange(len(details)) < POINTS)
    describe = shipped_vocabulary().describe
    return Sketch(rounded, describe(strongest), describe(strongest.mirrored()))


def may_correlate(first: Sketch, second: Sketch) -> bool:
    """False if the whole pictures do not correlate, whatever the rotation."""
    lengths = max(_length(first) * _length(second), 1e-6)
    return bool(correlations(first.coarse, second.coarse).max() / lengths >= LEAST_CORRELATION - _ERROR)


def may_share_details(first: Sketch, second: Sketch) -> bool:
    """False if too few points are alike, with the second picture as it is and mirrored; True without details."""
    if first.words is None or second.words is None or second.mirrored is None:
        return True
    return any(_points_alike(first.words, words) >= LEAST_POINTS for words in (second.words, second.mirrored))


def correlations(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The products of the first coarse picture with the second in each of ``ORIENTATIONS``, shape (8,)."""
    return second.ravel().astype(np.float32)[ORIENTATIONS] @ first.ravel().astype(np.float32)


def _orientations() -> npt.NDArray[np.intp]:
    places = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    return np.stack([np.rot90(side, quarters).ravel() for side in (places, places[:, ::-1]) for quarters in range(4)])


ORIENTATIONS = _orientations()
"""The pixels of a coarse picture, row by row, in its four rotations, and in those of its mirror image."""


def _length(picture: Sketch) -> float:
    return float(np.linalg.norm(picture.coarse.astype(np.float32)))


def _points_alike(first: VisualWords, second: VisualWords) -> int:
    """How many points of the first resemble a point of the second: same word, nearly the same signature."""
    points, second_points = np.nonzero(first.words[:, np.newaxis] == second.words)
    alike = count_bits(first.signatures[points] ^ second.signatures[second_points]) <= MOST_BITS
    return len(np.unique(points[alike]))
