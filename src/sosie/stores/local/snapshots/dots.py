"""Products and distances of half precision and of bytes, which NumPy converts first; only this module uses numkong."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors


def dots(first: npt.NDArray[np.floating[Any]], second: npt.NDArray[np.floating[Any]]) -> Vectors:
    """The dot products, shape (m, n), of vectors of one type, (m, dim) and (n, dim), both not empty."""
    compared = _library().cdist(np.ascontiguousarray(first), np.ascontiguousarray(second), "dot")
    products: Vectors = np.asarray(compared, np.float32)
    return products


def squared_distances(first: npt.NDArray[np.int8], second: npt.NDArray[np.int8]) -> Vectors:
    """The squared distances, shape (m, n), of vectors of bytes, (m, dim) and (n, dim), both not empty."""
    compared = _library().cdist(np.ascontiguousarray(first), np.ascontiguousarray(second), "sqeuclidean")
    return np.asarray(compared).astype(np.float32)


@cache
def _library() -> Any:
    """The module numkong, imported on first use."""
    import numkong

    return numkong
