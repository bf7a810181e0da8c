"""A small vector (signature) of a picture, which rotations by 90° and mirroring do not change.

Embeddings change under rotation: over 182 catalog pictures their cosine falls to 0.4 at 180°.
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
    """A unit vector of 90 numbers from a picture that was resized to a square, shape (n, n, 3).

    In the cosine transform of the gray picture, a flip changes only signs, and a rotation also transposes the
    coefficients. So each pair of transposed coefficients gives two numbers: the sum of their magnitudes, and the
    magnitude of their difference. Both are square roots.
    """
    gray = cv2.cvtColor(cv2.resize(square, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    waves = np.abs(cv2.dct(gray.astype(np.float32))[:_WAVES, :_WAVES])
    waves[0, 0] = 0
    pairs = np.triu_indices(_WAVES)
    roots = np.sqrt(np.concatenate([(waves + waves.T)[pairs], np.abs(waves - waves.T)[pairs]]))
    length = np.linalg.norm(roots)
    return np.asarray(roots / length if length > 0 else roots, np.float32)


def near_pairs(vectors: Vectors, k: int, least: float) -> Iterator[tuple[int, int]]:
    """Pairs of rows (i < j) with a cosine of at least ``least``; one of them is among the k nearest rows of the other.

    Rows are assigned to about √n cells around random rows. Each row is compared with the rows in the nearest few cells,
    so n rows need about n^1.5 comparisons.
    """
    centers = vectors[np.random.default_rng(0).permutation(len(vectors))[: _cells(len(vectors))]]
    cells = _nearest_cells(vectors, centers)
    for cell in range(len(centers)):
        queries = np.flatnonzero((cells == cell).any(axis=1))
        candidates = np.flatnonzero(cells[:, 0] == cell)
        for start in range(0, len(queries), _BLOCK):
            yield from _near(vectors, queries[start : start + _BLOCK], candidates, k, least)


def _cells(rows: int) -> int:
    return max(1, math.isqrt(rows))


def _nearest_cells(vectors: Vectors, centers: Vectors) -> npt.NDArray[np.intp]:
    """The numbers of the nearest cells of each row, nearest first, shape (n, ≤ probes)."""
    probes = min(_PROBES, len(centers))
    parts = []
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ centers.T
        parts.append(np.argsort(-cosines, axis=1, kind="stable")[:, :probes])
    return np.concatenate(parts)


def _near(
    vectors: Vectors, queries: npt.NDArray[np.intp], candidates: npt.NDArray[np.intp], k: int, least: float
) -> Iterator[tuple[int, int]]:
    cosines = vectors[queries] @ vectors[candidates].T
    cosines[queries[:, np.newaxis] == candidates] = -1
    most = min(k, len(candidates))
    best = np.argpartition(-cosines, most - 1, axis=1)[:, :most] if most else np.empty((len(queries), 0), np.intp)
    for row, columns in enumerate(best):
        for column in columns[cosines[row, columns] >= least]:
            first, second = int(queries[row]), int(candidates[column])
            yield min(first, second), max(first, second)
