"""Reads around damage: an unreadable page or row does not affect the rest."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

from sosie.stores.local.sqlite_errors import is_damage
from sosie.stores.local.truth.schema import LEAST_ROW_BYTES

T = TypeVar("T")
MOST_FAILURES = 10_000
"""Most failing look-ups; this many take a tenth of a second."""

_log = logging.getLogger("sosie.stores.local")


@lru_cache(maxsize=1024)
def log_damage(what: str) -> None:
    """Logs a warning about damage, once a process."""
    _log.warning("%s; `sosie check --repair` repairs what can be repaired", what)


def check_damage(error: sqlite3.Error, what: str) -> None:
    """Logs an error that means damage; raises every other error again."""
    if not is_damage(error):
        raise error
    log_damage(f"{what} cannot all be read ({error})")


def read_around(
    read: Callable[[int, int], Sequence[T]], first: int, end: int, most_failures: int = MOST_FAILURES
) -> Iterator[T]:
    """The results of ``read`` for keys from ``first`` up to ``end``. Unreadable ranges are halved, down to one key.

    After ``most_failures`` the error is raised: such a damaged file takes too long to read in each call.
    """
    failures = 0
    pending = [(first, end)]
    while pending:
        low, high = pending.pop()
        try:
            part = read(low, high)
        except sqlite3.Error as error:
            failures += 1
            if not is_damage(error) or failures > most_failures:
                raise
            if high - low > 1:
                middle = (low + high) // 2
                pending += [(middle, high), (low, middle)]
            continue
        yield from part


def last_row(connection: sqlite3.Connection) -> int:
    """A row number that no item exceeds."""
    for query in ("SELECT max(row) FROM item", "SELECT max(row) FROM blob"):
        try:
            [row] = connection.execute(query).fetchone()
        except sqlite3.Error as error:
            check_damage(error, "the rows of the items")
        else:
            return int(row or 0)
    return most_rows(connection)


def most_rows(connection: sqlite3.Connection) -> int:
    """An upper bound of a table's number of rows, from the size of the file."""
    [pages] = connection.execute("PRAGMA page_count").fetchone()
    [size] = connection.execute("PRAGMA page_size").fetchone()
    return int(pages * size // LEAST_ROW_BYTES)


def item_rows_around(
    connection: sqlite3.Connection, condition: str = "1", values: Sequence[object] = ()
) -> list[tuple[str, int]]:
    """(item_id, row) of every readable item that passes a SQL expression, in order of item_id."""
    query = f"SELECT item_id, row FROM item NOT INDEXED WHERE row >= ? AND row < ? AND ({condition})"  # noqa: S608

    def read(low: int, high: int) -> list[tuple[str, int]]:
        return connection.execute(query, (low, high, *values)).fetchall()

    return sorted(read_around(read, 0, last_row(connection) + 1))
