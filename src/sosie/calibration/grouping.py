"""Which photos are no independent witnesses: those of one product, and of products whose photos look alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors

ALIKE = 0.9
"""Photos with this cosine or more are taken for photos of one shoot."""

_ROWS = 500


def group_look_alikes(products: Sequence[str], vectors: Vectors) -> list[str]:
    """The group of each photo, named after one of its products; photos that look alike are in the same group.

    ``vectors`` are unit vectors of the photos, shape (n, dim). Groups grow from photo to photo: two photos of a group
    need not look alike themselves.
    """
    names, index = np.unique(np.asarray(products, np.str_), return_inverse=True)
    leader = np.arange(len(names))
    for first, second in _alike(index, vectors):
        low, high = sorted((_find(leader, first), _find(leader, second)))
        leader[high] = low
    return [str(names[_find(leader, place)]) for place in index.tolist()]


def _alike(index: npt.NDArray[np.intp], vectors: Vectors) -> list[tuple[int, int]]:
    """Pairs of products of which some photos look alike."""
    pairs: set[tuple[int, int]] = set()
    for start in range(0, len(vectors), _ROWS):
        rows, columns = np.nonzero(vectors[start : start + _ROWS] @ vectors.T >= ALIKE)
        pairs.update(zip(index[rows + start].tolist(), index[columns].tolist(), strict=True))
    return [(first, second) for first, second in sorted(pairs) if first < second]


def _find(leader: npt.NDArray[np.intp], place: int) -> int:
    while leader[place] != place:
        place = int(leader[place])
    return place
