"""Groups photos that are not independent: photos of one product, and photos of products that look alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors

ALIKE = 0.9
"""Two photos with this cosine or more look alike: they are probably from one photo session."""

_ROWS = 500


def group_look_alikes(products: Sequence[str], vectors: Vectors) -> list[str]:
    """The group of each photo, named after one of the group's products.

    All photos of a product are in one group, and so are photos that look alike. This is transitive: two photos of a
    group need not look alike. ``vectors`` are unit vectors of the photos, shape (n, dim).
    """
    names, index = np.unique(np.asarray(products, np.str_), return_inverse=True)
    leader = np.arange(len(names))
    for first, second in _alike(index, vectors):
        low, high = sorted((_find(leader, first), _find(leader, second)))
        leader[high] = low
    return [str(names[_find(leader, place)]) for place in index.tolist()]


def _alike(index: npt.NDArray[np.intp], vectors: Vectors) -> list[tuple[int, int]]:
    """Pairs of products that have photos which look alike."""
    pairs: set[tuple[int, int]] = set()
    for start in range(0, len(vectors), _ROWS):
        rows, columns = np.nonzero(vectors[start : start + _ROWS] @ vectors.T >= ALIKE)
        pairs.update(zip(index[rows + start].tolist(), index[columns].tolist(), strict=True))
    return [(first, second) for first, second in sorted(pairs) if first < second]


def _find(leader: npt.NDArray[np.intp], place: int) -> int:
    while leader[place] != place:
        place = int(leader[place])
    return place
