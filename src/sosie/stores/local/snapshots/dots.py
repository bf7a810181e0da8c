"""Dot products and distances of vectors in half precision and in bytes, by numkong.

NumPy would convert such vectors to float32 first. Only this module uses numkong.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors


def dots(first: npt.NDArray[np.floating[Any]], second: npt.NDArray[np.floating[Any]]) -> Vectors:
    """The dot products, shape (m, n), of (m, dim) and (n, dim) vectors of the same type; neither may be empty."""
    compared = _library().cdist(np.ascontiguousarray(first), np.ascontiguousarray(second), "dot")
    products: Vectors = np.asarray(compared, np.float32)
    return products


def squared_distances(first: npt.NDArray[np.int8], second: npt.NDArray[np.int8]) -> Vectors:
    """The squared distances, shape (m, n), of (m, dim) and (n, dim) vectors of bytes; neither may be empty."""
    compared = _library().cdist(np.ascontiguousarray(first), np.ascontiguousarray(second), "sqeuclidean")
    return np.asarray(compared).astype(np.float32)


@cache
def _library() -> Any:
    """The module numkong, imported at first use."""
    import numkong

    return numkong
