"""Segments of attributes: memory-mapped columns in files, and columns of newer rows in memory.

Every write of the store has a number. A segment has the rows of a span of writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sosie.stores.local.snapshots.columns import AttributeColumn, AttributeColumns, ColumnsBuilder, Texts
from sosie.stores.local.snapshots.files import SegmentError, mapped_array
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.item_changes import attributes_of, rows_between

_NAMES = "columns.json"


def read_columns(connection: sqlite3.Connection, after: int, until: int) -> AttributeColumns:
    """The attributes that were set after write ``after``, up to write ``until``, in memory."""
    changed = rows_between(connection, after, until)
    builder = ColumnsBuilder()
    for block in attributes_of(connection, changed.rows, until):
        builder.add(block)
    return builder.finish(*changed)


def write_columns(folder: Path, database: Database, after: int, until: int) -> int:
    """Writes the attributes that were set in a span of writes into a new folder; returns the number of rows.

    Deleted items are included only if an older segment may contain them.
    """
    with database.read() as connection:
        columns = read_columns(connection, after, until)
    if not after:
        columns = AttributeColumns(columns.rows[columns.alive], columns.alive[columns.alive], columns.columns)
    folder.mkdir()
    _save(folder, columns)
    return len(columns)


def open_columns(folder: Path) -> AttributeColumns:
    """Opens the columns in a folder; ``SegmentError`` if they are invalid."""
    try:
        places = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
        arrays = {name: mapped_array(folder / f"{name}.npy") for name in _ARRAYS}
        columns = {name: _column(arrays, place) for name, place in places.items()}
        return AttributeColumns(arrays["rows"], arrays["alive"], columns)
    except (OSError, EOFError, ValueError, TypeError, AttributeError) as error:
        raise SegmentError(str(error)) from error


_ARRAYS = ("rows", "alive", "numbers", "text_starts", "texts", "starts", "entries")


def _save(folder: Path, columns: AttributeColumns) -> None:
    """Saves all columns one after the other: one file for each kind of array, whatever the number of attributes."""
    every = list(columns.columns.values())
    parts: dict[str, list[npt.NDArray[Any]]] = {
        "rows": [columns.rows],
        "alive": [columns.alive],
        "numbers": [np.empty(0, np.float64), *(column.numbers for column in every)],
        "text_starts": [np.empty(0, np.int64), *(column.texts.starts for column in every)],
        "texts": [np.empty(0, np.uint8), *(column.texts.data for column in every)],
        "starts": [np.empty(0, np.int64), *(column.starts for column in every)],
        "entries": [np.empty(0, np.uint32), *(column.entries for column in every)],
    }
    for name, arrays in parts.items():
        np.save(folder / f"{name}.npy", np.concatenate(arrays))
    lengths = {name: [len(array) for array in parts[name][1:]] for name in _ARRAYS[2:]}
    ends = {name: np.cumsum([0, *each]).tolist() for name, each in lengths.items()}
    places = {
        name: {array: [ends[array][number], ends[array][number + 1]] for array in _ARRAYS[2:]}
        for number, name in enumerate(columns.columns)
    }
    (folder / _NAMES).write_text(json.dumps(places), encoding="utf-8")


def _column(arrays: Mapping[str, npt.NDArray[Any]], place: Mapping[str, tuple[int, int]]) -> AttributeColumn:
    numbers, text_starts, texts, starts, entries = (
        arrays[name][place[name][0] : place[name][1]] for name in _ARRAYS[2:]
    )
    return AttributeColumn(numbers, Texts(text_starts, texts), starts, entries)
