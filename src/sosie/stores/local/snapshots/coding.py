"""Compresses vectors to short codes for a first comparison: fewer numbers, of one byte each.

Vectors are projected onto the directions in which a sample varies most (Halko, Martinsson, Tropp, "Finding structure
with randomness", 2011). Then they are rotated at random: all numbers get a similar magnitude, which suits bytes (Gao,
Long, "RaBitQ", 2024).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.local.snapshots.dots import dots
from sosie.stores.local.snapshots.halves import Halves
from sosie.types import Vectors

MOST_NUMBERS = 512
SAMPLE = 8192
_ROUNDS = 2
_LARGEST = 127
_CLIPPED = 1e-4
"""This share of the sample's numbers is clipped to the largest byte."""

Codes: TypeAlias = npt.NDArray[np.int8]


class Coding(NamedTuple):
    """Codes are ``scale * basis @ (vector - mean)``, rounded to bytes.

    ``mean`` (dim,) and ``scale`` (1,) are float32; ``basis`` (numbers, dim) is orthonormal, in half precision.
    """

    mean: Vectors
    basis: Halves
    scale: Vectors

    def encode(self, vectors: Vectors) -> Codes:
        """The codes of vectors: shape (n, dim) to (n, numbers). Their distances rank like those of the vectors."""
        return _rounded((vectors - self.mean) @ self.basis.T.astype(np.float32) * self.scale)

    def encode_query(self, query: Vectors) -> Codes:
        """The code of one vector, shape (dim,). Without BLAS, whose threads would mostly wait."""
        centered = (query - self.mean).astype(np.float16)
        return _rounded(dots(centered[None], self.basis)[0] * self.scale)

    @property
    def numbers(self) -> int:
        """The number of bytes of a code."""
        return len(self.basis)


def fit_coding(sample: Vectors) -> Coding:
    """Fits a coding to a sample of vectors, shape (n, dim), n at least 1."""
    random = np.random.default_rng(0)
    dim = sample.shape[1]
    numbers = min(dim, MOST_NUMBERS)
    mean = sample.mean(axis=0)
    centered = sample - mean
    rotation = np.linalg.qr(random.standard_normal((numbers, numbers), np.float32)).Q
    basis = np.ascontiguousarray((_directions(centered, numbers, random) if numbers < dim else rotation), np.float32)
    if numbers < dim:
        basis = basis @ rotation
    largest = np.quantile(np.abs(centered @ basis), 1 - _CLIPPED)
    scale = np.array([_LARGEST / max(float(largest), 1e-6)], np.float32)
    return Coding(mean, np.ascontiguousarray(basis.T, np.float16), scale)


def _rounded(numbers: npt.NDArray[np.floating[Any]]) -> Codes:
    return np.asarray(np.clip(np.rint(numbers), -_LARGEST, _LARGEST).astype(np.int8))


def _directions(centered: Vectors, numbers: int, random: np.random.Generator) -> Vectors:
    """Orthonormal columns that explain nearly as much variance as the first principal components."""
    basis: Vectors = random.standard_normal((centered.shape[1], numbers), np.float32)
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(centered.T @ (centered @ np.linalg.qr(basis).Q)).Q
    return np.linalg.qr(basis).Q


def save_coding(folder: Path, coding: Coding) -> None:
    """Writes a coding into a folder."""
    for name, part in coding._asdict().items():
        np.save(folder / f"{name}.npy", part)


def load_coding(folder: Path) -> Coding:
    """Reads the coding in a folder; ``OSError`` or ``ValueError`` if there is none."""
    return Coding(*(np.load(folder / f"{name}.npy", allow_pickle=False) for name in Coding._fields))
