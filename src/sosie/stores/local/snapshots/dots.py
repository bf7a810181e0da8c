"""Dot products, including half precision, which NumPy converts in software; the only module that uses numkong."""

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


@cache
def _library() -> Any:
    """The module numkong, imported on first use."""
    import numkong

    return numkong
