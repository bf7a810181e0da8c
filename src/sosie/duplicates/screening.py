"""Screens candidate pairs by sketches (short descriptions of pictures), before thumbnails and details are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.details.base import Details
from sosie.details.vocabulary import shipped_vocabulary
from sosie.duplicates.signature import SIDE
from sosie.stores.voting import MOST_BITS, count_bits
from sosie.support.visual_words import VisualWords

LEAST_POINTS = 5
"""Details are compared only if at least this many points are similar; docs/duplicates.md says how it was chosen."""

POINTS = 200
"""The number of strongest points in a sketch."""

LEAST_CORRELATION = 0.5
"""Whole pictures are overlaid only if their coarse pictures have at least this correlation."""

_ERROR = 0.02
"""A margin larger than the error of a correlation that rounding the coarse picture causes."""

_LARGEST = 127


Marks: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The coarse picture in bytes, shape (SIDE · SIDE,), and visual words of the strongest points. About 5 KB.

    ``length`` is the Euclidean length of ``coarse``. ``mirrored`` are the visual words of the mirror image. Both sets
    of words are None without details.
    """

    coarse: npt.NDArray[np.int8]
    length: float
    words: VisualWords | None
    mirrored: VisualWords | None


def sketch_pictures(coarses: Sequence[npt.NDArray[np.float32]], details: Sequence[Details | None]) -> list[Sketch]:
    """The sketch of each picture, from its coarse gray, shape (SIDE, SIDE) with mean 0, and from its details."""
    strongest = [None if each is None else each.where(np.arange(len(each)) < POINTS) for each in details]
    words = _words_of(strongest)
    mirrored = _words_of([None if each is None else each.mirrored() for each in strongest])
    return [_sketch(*parts) for parts in zip(coarses, words, mirrored, strict=True)]


def _words_of(details: Sequence[Details | None]) -> list[VisualWords | None]:
    described = iter(shipped_vocabulary().describe_all([each for each in details if each is not None]))
    return [None if each is None else next(described) for each in details]


def _sketch(coarse: npt.NDArray[np.float32], words: VisualWords | None, mirrored: VisualWords | None) -> Sketch:
    rounded = np.rint(coarse.ravel() * (_LARGEST / max(float(np.abs(coarse).max()), 1e-6))).astype(np.int8)
    return Sketch(rounded, float(np.linalg.norm(rounded.astype(np.float32))), words, mirrored)


def may_correlate(first: Sketch, candidates: Sequence[Sketch]) -> Marks:
    """For each of several pictures, False if it does not correlate with the first under any rotation or flip."""
    oriented = first.coarse.astype(np.float32)[ORIENTATIONS]
    products = np.stack([candidate.coarse for candidate in candidates]).astype(np.float32) @ oriented.T
    lengths = np.maximum(first.length * np.array([candidate.length for candidate in candidates]), 1e-6)
    return np.asarray(products.max(axis=1) / lengths >= LEAST_CORRELATION - _ERROR)


def may_share_details(first: Sketch, candidates: Sequence[Sketch]) -> Marks:
    """For each of several pictures, False if too few of its points are similar to the first's, as it is and mirrored.

    True without details.
    """
    marks = np.ones(len(candidates), np.bool_)
    described = [place for place, candidate in enumerate(candidates) if candidate.words is not None]
    words = [words for candidate in candidates for words in (candidate.words, candidate.mirrored) if words is not None]
    if first.words is not None and words:
        marks[described] = _points_alike(first.words, words).reshape(-1, 2).max(axis=1) >= LEAST_POINTS
    return marks


def correlations(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The products of the first coarse picture with the second in each of ``ORIENTATIONS``, shape (8,)."""
    return second.ravel().astype(np.float32)[ORIENTATIONS] @ first.ravel().astype(np.float32)


def _orientations() -> npt.NDArray[np.intp]:
    places = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    return np.stack([np.rot90(side, quarters).ravel() for side in (places, places[:, ::-1]) for quarters in range(4)])


ORIENTATIONS = _orientations()
"""For each of four rotations, and for those of the mirror image, the order of a coarse picture's pixels."""


def _points_alike(first: VisualWords, candidates: Sequence[VisualWords]) -> npt.NDArray[np.intp]:
    """For each candidate, the number of points of the first with a similar point: same word, similar signature."""
    pictures = np.repeat(np.arange(len(candidates)), [len(candidate) for candidate in candidates])
    words = np.concatenate([candidate.words for candidate in candidates])
    signatures = np.concatenate([candidate.signatures for candidate in candidates])
    starts = np.searchsorted(first.words, words, "left")
    numbers = np.searchsorted(first.words, words, "right") - starts
    entries = np.repeat(np.arange(len(words)), numbers)
    points = np.arange(len(entries)) + np.repeat(starts + numbers - np.cumsum(numbers), numbers)
    alike = count_bits(first.signatures[points] ^ signatures[entries]) <= MOST_BITS
    resembled = np.unique((pictures[entries] * len(first) + points)[alike])
    return np.bincount(resembled // len(first), minlength=len(candidates))
