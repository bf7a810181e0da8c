"""Which write last changed an item but for its vectors, and the attributes that a span of writes set.

Triggers keep the table ``item_change``, so that no way of writing, nor an earlier version, can forget it. A deleted
item stays in it, until nothing remembers the item.
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
"""Row, name and value."""


class ChangedRows(NamedTuple):
    """Rows ascending, shape (n,), and whether they still have an item."""

    rows: Rows
    alive: npt.NDArray[np.bool_]


def are_changes_kept(connection: sqlite3.Connection) -> bool:
    """True if the store has the table; one of an earlier version gets it with its next segments."""
    entries = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'item_change'").fetchone()
    return entries is not None


def keep_changes(connection: sqlite3.Connection) -> None:
    """Create the table in a store of an earlier version, as if the last write had set every item."""
    for statement in ITEM_CHANGE:
        connection.execute(statement)
    connection.execute(
        "INSERT INTO item_change (row, change) SELECT row, (SELECT value FROM meta WHERE key = 'change') FROM item"
    )


def count_items_between(connection: sqlite3.Connection, after: int, until: int) -> int:
    """The number of rows set, or deleted, after one write and up to another."""
    query = "SELECT count(*) FROM item_change WHERE change > ? AND change <= ?"
    [number] = connection.execute(query, (after, until)).fetchone()
    return int(number)


def rows_between(connection: sqlite3.Connection, after: int, until: int) -> ChangedRows:
    """The rows set, or deleted, after one write and up to another."""
    query = """SELECT item_change.row, item.row IS NOT NULL
        FROM item_change LEFT JOIN item ON item.row = item_change.row
        WHERE change > ? AND change <= ? ORDER BY item_change.row"""
    entries = connection.execute(query, (after, until)).fetchall()
    rows = np.fromiter((row for row, _ in entries), np.int64, len(entries))
    return ChangedRows(rows, np.fromiter((alive for _, alive in entries), np.bool_, len(entries)))


def attributes_of(connection: sqlite3.Connection, rows: Rows, until: int) -> Iterator[Attributes]:
    """The attributes of the rows unchanged after write ``until``, in ascending order, in blocks."""
    query = """SELECT attribute.row, name, value
        FROM item_change CROSS JOIN attribute ON attribute.row = item_change.row
        WHERE item_change.row IN (SELECT value FROM json_each(?)) AND change <= ?"""
    for start in range(0, len(rows), BLOCK):
        part = json.dumps(rows[start : start + BLOCK].tolist())
        yield connection.execute(query, (part, until)).fetchall()


def forget_deleted(connection: sqlite3.Connection, until: int) -> None:
    """Forget items that had gone by a write: nothing older remembers them."""
    connection.execute(
        "DELETE FROM item_change WHERE change <= ? AND NOT EXISTS (SELECT 1 FROM item WHERE row = item_change.row)",
        (until,),
    )
