"""The only place that calls numkong: dot products, also of half-precision numbers, which NumPy widens in software."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors


def dots(some: npt.NDArray[np.floating[Any]], others: npt.NDArray[np.floating[Any]]) -> Vectors:
    """The dot products of m vectors with n others, (m, dim) and (n, dim) of one type, both not empty: (m, n)."""
    compared = _library().cdist(np.ascontiguousarray(some), np.ascontiguousarray(others), "dot")
    products: Vectors = np.asarray(compared, np.float32)
    return products


@cache
def _library() -> Any:
    """numkong, imported when first needed."""
    import numkong

    return numkong
