"""Sums up all descriptors of a picture in one vector (VLAD).

Only stores that version 0.1.0 wrote are searched by it, until their pictures are indexed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sosie.details.base import Descriptors, Details
from sosie.types import Vectors

SHIPPED = Path(__file__).parent / "aggregator.npz"
FEWEST_POINTS = 8
"""A picture with fewer points has no vector."""

QUERY_SHARES = (1.0, 0.7, 0.5)
"""A photo has one query vector for each of these shares: the whole photo, and its center without the surroundings."""

LARGEST_WEIGHT = 16.0
"""Largest weight of a point. The weight is the point's diameter in pixels, because small points are less repeatable."""

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Aggregator:
    """A VLAD: for each visual word, the sum of the differences between the word and its nearest descriptors.

    All arrays are float32; k is the number of words.

    - ``mean`` (128,) is subtracted from each descriptor.
    - ``rotation`` (128, d) projects descriptors to d numbers; ``words`` (k, d) are compared with these.
    - ``centers`` (k, 128) are the words in the space of descriptors.
    - ``axes`` (k, 128, f) projects the difference from a center to f numbers of equal variance.

    The sum of each word is divided by the square root of its length. Sources: Jégou et al., "Aggregating local image
    descriptors into compact codes", 2012; Delhumeau et al., "Revisiting the VLAD image representation", 2013 (axes for
    each word, differences of unit length).
    """

    mean: Matrix
    rotation: Matrix
    words: Matrix
    centers: Matrix
    axes: Matrix

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self.axes.shape[0] * self.axes.shape[2])

    def vector(self, details: Details) -> Vectors | None:
        """The vector of a picture, shape (``dim``,), float32, unit length; None if it has too few points."""
        if len(details) < FEWEST_POINTS:
            return None
        nearest = self.nearest(details.descriptors)
        rest = np.empty((len(details), self.axes.shape[2]), np.float32)
        for word in np.unique(nearest):
            rows = nearest == word
            rest[rows] = (details.descriptors[rows] - self.mean - self.centers[word]) @ self.axes[word]
        rest *= (np.minimum(details.scales, LARGEST_WEIGHT) / np.maximum(_lengths(rest), 1e-9))[:, np.newaxis]
        shares = (np.arange(len(self.words))[:, np.newaxis] == nearest).astype(np.float32)
        sums = shares @ rest
        rooted = (sums / np.sqrt(np.maximum(_lengths(sums), 1e-9))[:, np.newaxis]).ravel()
        return np.asarray(rooted / max(float(np.linalg.norm(rooted)), 1e-9), np.float32)

    def query_vectors(self, details: Details) -> Vectors:
        """The query vectors of a photo, shape (n, ``dim``), n ≤ 3.

        There is one for each of ``QUERY_SHARES`` that has enough points.

        An item's score is its best cosine with any of these vectors.
        """
        vectors = [self.vector(_in_the_middle(details, share)) for share in QUERY_SHARES]
        present = [vector for vector in vectors if vector is not None]
        return np.stack(present) if present else np.empty((0, self.dim), np.float32)

    def nearest(self, descriptors: Descriptors) -> npt.NDArray[np.intp]:
        """The number of the nearest word for each descriptor, shape (n,)."""
        turned = (descriptors - self.mean) @ self.rotation
        return np.asarray((turned @ self.words.T - 0.5 * (self.words**2).sum(axis=1)).argmax(axis=1))


def _lengths(rows: Matrix) -> Matrix:
    return np.asarray(np.linalg.norm(rows, axis=1), np.float32)


def _in_the_middle(details: Details, share: float) -> Details:
    size = np.array(details.size)
    inside = np.abs(details.points - size / 2) <= size * (share / 2)
    return details.where(np.asarray(inside.all(axis=1), np.bool_))


@cache
def shipped_aggregator() -> Aggregator:
    """The aggregator that comes with the package; ``scripts/make_details_codebooks.py`` made the file."""
    with np.load(SHIPPED, allow_pickle=False) as parts:
        return Aggregator(**{name: parts[name].astype(np.float32) for name in parts.files})
