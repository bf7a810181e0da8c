"""Visual words with binary signatures, to find pictures with the same details among many."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sosie.details.base import Descriptors, Details
from sosie.support.visual_words import Signatures, VisualWords, WordsQuery

SHIPPED = Path(__file__).parent / "vocabulary.npz"

FEWEST_POINTS = 8
"""A picture with fewer points has no visual words: they would match everything or nothing."""

MOST_POINTS = 512
"""Only this many of the strongest points become visual words; all 600 found no more products
(``benchmarks/exact.py``)."""

SIGNATURE_BITS = 64

PROBES = 3
"""Number of branches searched for the nearest words, because the nearest word may be in a neighboring branch."""

WORDS_A_POINT = 2
"""Words searched for each point of a photo, because the catalog picture may have the second nearest word."""

Matrix = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Visual words as a tree of two levels: b branches of b words each. Word w is word w % b of branch w // b.

    All arrays are float32.

    - ``mean`` (128,) is subtracted from descriptors.
    - ``rotation`` (128, 64) projects them onto random axes within their principal subspace.
    - ``branches`` (b, 64) and ``words`` (b, b, 64) are centers in this subspace.
    - ``weights`` (b · b,) are the votes of the words: their squared inverse document frequency.

    A signature has one bit for each axis: the side of the word's center on which the descriptor lies. Sources: Nistér
    and Stewénius, "Scalable recognition with a vocabulary tree", 2006; Jégou, Douze, Schmid, "Hamming embedding and
    weak geometric consistency for large scale image search", 2008.
    """

    mean: Matrix
    rotation: Matrix
    branches: Matrix
    words: Matrix
    weights: Matrix

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with any number of the vocabulary."""
        digest = hashlib.sha256(repr((self.words.shape, PROBES)).encode())
        for part in (self.mean, self.rotation, self.branches, self.words):
            digest.update(np.ascontiguousarray(part, "<f4").tobytes())
        return digest.hexdigest()[:16]

    def describe(self, details: Details) -> VisualWords | None:
        """The visual words of a catalog picture; None if it has too few points."""
        return self.describe_all([details])[0]

    def describe_all(self, pictures: Sequence[Details]) -> list[VisualWords | None]:
        """The visual words of several catalog pictures; None for a picture with too few points.

        This is faster than one by one, because each branch is compared with the points of all pictures. ``MOST_POINTS``
        points take 1.5 MB.
        """
        described = [details.descriptors[: MOST_POINTS * (len(details) >= FEWEST_POINTS)] for details in pictures]
        turned = self._turned(np.concatenate([np.empty((0, len(self.mean)), np.float32), *described]))
        words = self._nearest(turned, 1)
        ends = np.cumsum([len(descriptors) for descriptors in described])[:-1]
        parts = zip(np.split(words[:, 0], ends), np.split(self._signatures(turned, words)[:, 0], ends), strict=True)
        return [VisualWords.of_points(*part) if len(part[0]) else None for part in parts]

    def query(self, details: Details, most: int = MOST_POINTS) -> WordsQuery:
        """The visual words of a photo's ``most`` strongest points; empty if it has too few points."""
        if len(details) < FEWEST_POINTS:
            nothing = np.empty((0, WORDS_A_POINT))
            return WordsQuery(nothing.astype(np.uint16), nothing.astype(np.uint64), nothing.astype(np.float32))
        turned = self._turned(details.descriptors[:most])
        words = self._nearest(turned, WORDS_A_POINT)
        return WordsQuery(words.astype(np.uint16), self._signatures(turned, words), self.weights[words])

    def nearest(self, descriptors: Descriptors) -> Numbers:
        """The number of the nearest word for each descriptor, shape (n,)."""
        return self._nearest(self._turned(descriptors), 1)[:, 0]

    def _turned(self, descriptors: Descriptors) -> Matrix:
        return np.asarray((descriptors - self.mean) @ self.rotation, np.float32)

    def _nearest(self, turned: Matrix, number: int) -> Numbers:
        """The nearest words of each point, nearest first, shape (points, ``number``)."""
        nearness = turned @ self.branches.T - self._half_squares(self.branches)
        branches = np.argpartition(-nearness, PROBES - 1, axis=1)[:, :PROBES]
        nearness = self._nearness_within(turned, branches)
        if number == 1:
            best = nearness.argmax(axis=1)[:, np.newaxis]
        else:
            best = np.argpartition(-nearness, number - 1, axis=1)[:, :number]
            order = np.argsort(-np.take_along_axis(nearness, best, axis=1), axis=1, kind="stable")
            best = np.take_along_axis(best, order, axis=1)
        probes, places = np.divmod(best, self.words.shape[1])
        return np.asarray(np.take_along_axis(branches, probes, axis=1) * self.words.shape[1] + places)

    def _nearness_within(self, turned: Matrix, branches: Numbers) -> Matrix:
        """The nearness of each point to all words of its branches, shape (points, branches a point · words a branch).

        One matrix product for each branch, with all points for which the branch is searched.
        """
        order = np.argsort(branches, axis=None, kind="stable")
        points = turned[order // branches.shape[1]]
        ends = np.cumsum(np.bincount(branches.ravel(), minlength=len(self.branches))).tolist()
        sorted_nearness = np.empty((len(order), self.words.shape[1]), np.float32)
        for branch, (begin, end) in enumerate(zip([0, *ends], ends, strict=False)):
            if begin < end:
                np.matmul(points[begin:end], self.words[branch].T, out=sorted_nearness[begin:end])
                sorted_nearness[begin:end] -= self._half_squares_of_words[branch]
        nearness = np.empty_like(sorted_nearness)
        nearness[order] = sorted_nearness
        return nearness.reshape(len(turned), branches.shape[1] * self.words.shape[1])

    def _signatures(self, turned: Matrix, words: Numbers) -> Signatures:
        """The signature of each point relative to each of its words, shape (points, words a point)."""
        centers = self.words.reshape(-1, self.words.shape[2])[words]
        bits = np.packbits(turned[:, np.newaxis] > centers, axis=2, bitorder="little")
        return np.asarray(bits.view("<u8")[:, :, 0], np.uint64)

    @cached_property
    def _half_squares_of_words(self) -> Matrix:
        return self._half_squares(self.words)

    @staticmethod
    def _half_squares(centers: Matrix) -> Matrix:
        return np.asarray(0.5 * (centers**2).sum(axis=-1), np.float32)


@cache
def shipped_vocabulary() -> Vocabulary:
    """The vocabulary that comes with the package; ``scripts/make_visual_words.py`` made the file."""
    with np.load(SHIPPED, allow_pickle=False) as parts:
        unit = np.float32(parts["unit"])
        branches, words = (parts[name].astype(np.float32) * unit for name in ("branches", "words"))
        mean, rotation, weights = (parts[name].astype(np.float32) for name in ("mean", "turn", "weights"))
    return Vocabulary(mean, rotation, branches, words, weights)
