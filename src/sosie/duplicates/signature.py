"""A small vector of a picture that neither turns by 90° nor mirroring change, and who is near whom by it.

Embeddings do change under turns: over 182 catalogue pictures their cosine falls to 0.4 under 180°.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from sosie.types import RGB, Vectors

SIDE = 32
_WAVES = 9
_BLOCK = 1024
_PROBES = 4


def signature(square: RGB) -> Vectors:
    """Unit vector of 90 numbers from a picture squashed to a square, shape (n, n, 3).

    A flip changes only signs of the cosine transform of the grey picture, and a turn also transposes it; kept is what
    is left of a pair of transposed waves: the sum of their sizes, and the size of their difference, both as roots.
    """
    grey = cv2.cvtColor(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    waves = np.abs(cv2.dct(grey.astype(np.float32))[:_WAVES, :_WAVES])
    waves[0, 0] = 0
    pairs = np.triu_indices(_WAVES)
    roots = np.sqrt(np.concatenate([(waves + waves.T)[pairs], np.abs(waves - waves.T)[pairs]]))
    length = np.linalg.norm(roots)
    return np.asarray(roots / length if length > 0 else roots, np.float32)


def near_pairs(vectors: Vectors, k: int, least: float) -> Iterator[tuple[int, int]]:
    """Pairs of rows (i < j) of which one is among the k nearest of the other, with a cosine of at least ``least``.

    Rows are sorted into about √n cells round rows drawn at random, and each is compared with what lies in the nearest
    few cells, so that n rows cost about n^1.5 comparisons.
    """
    centres = vectors[np.random.default_rng(0).permutation(len(vectors))[: _cells(len(vectors))]]
    cells = _nearest_cells(vectors, centres)
    for cell in range(len(centres)):
        asking = np.flatnonzero((cells == cell).any(axis=1))
        held = np.flatnonzero(cells[:, 0] == cell)
        for start in range(0, len(asking), _BLOCK):
            yield from _near(vectors, asking[start : start + _BLOCK], held, k, least)


def _cells(rows: int) -> int:
    return max(1, math.isqrt(rows))


def _nearest_cells(vectors: Vectors, centres: Vectors) -> npt.NDArray[np.intp]:
    """For each row the numbers of its nearest cells, the very nearest first, shape (n, ≤ probes)."""
    probes = min(_PROBES, len(centres))
    parts = []
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ centres.T
        parts.append(np.argsort(-cosines, axis=1, kind="stable")[:, :probes])
    return np.concatenate(parts)


def _near(
    vectors: Vectors, asking: npt.NDArray[np.intp], held: npt.NDArray[np.intp], k: int, least: float
) -> Iterator[tuple[int, int]]:
    cosines = vectors[asking] @ vectors[held].T
    cosines[asking[:, np.newaxis] == held] = -1
    most = min(k, len(held))
    best = np.argpartition(-cosines, most - 1, axis=1)[:, :most] if most else np.empty((len(asking), 0), np.intp)
    for row, columns in enumerate(best):
        for column in columns[cosines[row, columns] >= least]:
            one, other = int(asking[row]), int(held[column])
            yield min(one, other), max(one, other)
