"""Places of rows in a segment, whose rows are ascending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.local.truth.vectors import Rows

Places: TypeAlias = npt.NDArray[np.int64]


def rows_at(ascending: Rows, places: Places) -> Rows:
    """The rows at some places of ascending ones; if no number is left out, without reading them."""
    if len(ascending) and ascending[-1] - ascending[0] == len(ascending) - 1:
        return np.asarray(places + ascending[0])
    return ascending[places]


def find_places(ascending: Rows, rows: Rows) -> tuple[Places, npt.NDArray[np.bool_]]:
    """The places of rows, shape (m,), among ascending ones, and True for rows that are there."""
    if not len(ascending):
        return np.zeros(len(rows), np.int64), np.zeros(len(rows), np.bool_)
    if ascending[-1] - ascending[0] == len(ascending) - 1:
        places = np.clip(rows - ascending[0], 0, len(ascending) - 1)
    else:
        places = np.minimum(np.searchsorted(ascending, rows), len(ascending) - 1)
    return places, ascending[places] == rows


def superseded_places(files: Sequence[Rows]) -> list[Places]:
    """For each of several segments, oldest first, the places of rows that are in a newer one."""
    superseded: list[Places] = []
    for number, rows in enumerate(files):
        newer = np.unique(np.concatenate([np.empty(0, np.int64), *files[number + 1 :]]))
        places, held = find_places(rows, newer)
        superseded.append(places[held])
    return superseded
