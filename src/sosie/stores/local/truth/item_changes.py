"""Reads the table ``item_change``: the number of the last write that set each item's record.

Triggers keep the table, so every way of writing updates it, also in earlier versions. A deleted item stays in the table
until no segment contains the item.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.stores.local.truth.encoding import SqlValue
from sosie.stores.local.truth.schema import ITEM_CHANGE
from sosie.stores.local.truth.vectors import Rows

BLOCK = 4096

Attributes: TypeAlias = list[tuple[int, str, SqlValue]]
"""Row, name and value of each attribute."""


class ChangedRows(NamedTuple):
    """Rows (ascending), shape (n,), and whether each still has an item."""

    rows: Rows
    alive: npt.NDArray[np.bool_]


def are_changes_kept(connection: sqlite3.Connection) -> bool:
    """True if the store has the table. In a store of an earlier version it is created with the next segments."""
    entries = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'item_change'").fetchone()
    return entries is not None


def keep_changes(connection: sqlite3.Connection) -> None:
    """Creates the table in a store of an earlier version. All items get the number of the last write."""
    for statement in ITEM_CHANGE:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO item_change (row, change) SELECT row, (SELECT value FROM meta WHERE key = 'change') FROM item"
    )


def count_items_between(connection: sqlite3.Connection, after: int, until: int) -> int:
    """The number of rows that were set or deleted after write ``after``, up to write ``until``."""
    query = "SELECT count(*) FROM item_change WHERE change > ? AND change <= ?"
    [number] = connection.execute(query, (after, until)).fetchone()
    return int(number)


def rows_between(connection: sqlite3.Connection, after: int, until: int) -> ChangedRows:
    """The rows that were set or deleted after write ``after``, up to write ``until``."""
    query = """SELECT item_change.row, item.row IS NOT NULL
        FROM item_change LEFT JOIN item ON item.row = item_change.row
        WHERE change > ? AND change <= ? ORDER BY item_change.row"""
    entries = connection.execute(query, (after, until)).fetchall()
    rows = np.fromiter((row for row, _ in entries), np.int64, len(entries))
    return ChangedRows(rows, np.fromiter((alive for _, alive in entries), np.bool_, len(entries)))


def attributes_of(connection: sqlite3.Connection, rows: Rows, until: int) -> Iterator[Attributes]:
    """The attributes of rows, in blocks; rows that changed after write ``until`` are left out."""
    query = """SELECT attribute.row, name, value
        FROM item_change CROSS JOIN attribute ON attribute.row = item_change.row
        WHERE item_change.row IN (SELECT value FROM json_each(?)) AND change <= ?"""
    for start in range(0, len(rows), BLOCK):
        part = json.dumps(rows[start : start + BLOCK].tolist())
        yield connection.execute(query, (part, until)).fetchall()


def forget_deleted(connection: sqlite3.Connection, until: int) -> None:
    """Removes the entries of items that were deleted up to write ``until``: no older segment contains them."""
    connection.execute(
        "DELETE FROM item_change WHERE change <= ? AND NOT EXISTS (SELECT 1 FROM item WHERE row = item_change.row)",
        (until,),
    )
