"""Converts between rows and places. A place is the index of a row in a segment, whose rows ascend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.local.truth.vectors import Rows
from sosie.types import Vectors

Places: TypeAlias = npt.NDArray[np.int64]


def smallest(numbers: Vectors, most: int) -> Places:
    """The places of the ``most`` smallest of n numbers, smallest first."""
    first = np.argpartition(numbers, most)[:most] if most < len(numbers) else np.arange(len(numbers))
    ordered: Places = first[np.argsort(numbers[first], kind="stable")]
    return ordered


def rows_at(ascending: Rows, places: Places) -> Rows:
    """The rows at these places. If no row number is left out, they are computed without reading ``ascending``."""
    if len(ascending) and ascending[-1] - ascending[0] == len(ascending) - 1:
        return np.asarray(places + ascending[0])
    return ascending[places]


def find_places(ascending: Rows, rows: Rows) -> tuple[Places, npt.NDArray[np.bool_]]:
    """The places of rows, shape (m,), and a mask: True for rows that are in the segment."""
    if not len(ascending):
        return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    if ascending[-1] - ascending[0] == len(ascending) - 1:
        places = np.clip(rows - ascending[0], 0, len(ascending) - 1)
    else:
        places = np.minimum(np.searchsorted(ascending, rows), len(ascending) - 1)
    return places, ascending[places] == rows


def superseded_places(files: Sequence[Rows]) -> list[Places]:
    """For each segment (oldest first), the places of rows that are also in a newer segment."""
    superseded: list[Places] = []
    for number, rows in enumerate(files):
        places, held = find_places(rows, _union(files[number + 1 :]))
        superseded.append(places[held])
    return superseded


def _union(files: Sequence[Rows]) -> Rows:
    """All rows of some segments, ascending. NumPy's function loads masked arrays first, 20 ms of a new process."""
    if len(files) == 1:
        return files[0]
    return np.unique(np.concatenate(files)) if files else np.empty(0, np.int64)
