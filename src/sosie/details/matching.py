"""Matches similar points of two pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.details.base import Descriptors

Cosines: TypeAlias = npt.NDArray[np.float32]

RATIO = 0.85
"""Largest ratio of the distance to the nearest point of the item over that to the second nearest (Lowe 2004)."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Matched rows of the query and of the item; shape (m,) each. A row occurs at most once.

    ``distances`` are Euclidean distances of the descriptors, from 0 to √2.
    """

    query: npt.NDArray[np.intp]
    item: npt.NDArray[np.intp]
    distances: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.query)

    def where(self, kept: npt.NDArray[np.bool_]) -> Pairs:
        """The pairs where ``kept`` (m,) is True."""
        return Pairs(self.query[kept], self.item[kept], self.distances[kept])


def match(query: Descriptors, item: Descriptors, ratio: float = RATIO) -> Pairs:
    """Mutual nearest neighbors that pass the ratio test, in order of the query's rows."""
    return matched(query @ item.T, ratio)


def matched(cosines: Cosines, ratio: float = RATIO) -> Pairs:
    """Like ``match``, but from the cosines of all descriptors, shape (points of the query, points of the item)."""
    if len(cosines) == 0 or cosines.shape[1] < 2:
        return _NO_PAIRS
    nearest = cosines.argmax(axis=1)
    highest = cosines[np.arange(len(cosines)), nearest]
    rows = np.flatnonzero(highest == cosines.max(axis=0)[nearest])
    _, first = np.unique(nearest[rows], return_index=True)
    rows = rows[np.sort(first)]
    remaining = cosines[rows]
    remaining[np.arange(len(rows)), nearest[rows]] = -np.inf
    distances = distance(highest[rows])
    passed = distances < ratio * distance(remaining.max(axis=1))
    return Pairs(rows, nearest[rows], distances).where(passed)


def distance(cosines: Cosines) -> npt.NDArray[np.float32]:
    """The Euclidean distance of unit vectors with these cosines."""
    return np.sqrt(np.maximum(2 - 2 * cosines, 0), dtype=np.float32)


_NO_PAIRS = Pairs(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, np.float32))
