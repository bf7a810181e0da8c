"""Visual words out of SQLite, in blocks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import TypeAlias

from sosie.stores.local.truth.damage import check_damage, last_row, read_around
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.meta import change_of, vector_names
from sosie.stores.local.truth.schema import ROW_MASK, key_range, vector_key
from sosie.stores.local.truth.vectors import Space
from sosie.support.visual_words import VisualWords
from sosie.types import VISUAL_WORDS

BLOCK = 2048

WordsBlock: TypeAlias = list[tuple[int, VisualWords]]
"""Rows and the visual words of each."""


def words_space(connection: sqlite3.Connection) -> Space | None:
    """Where visual words stand, None where no item ever had any."""
    number = vector_names(connection).get(VISUAL_WORDS)
    return None if number is None else Space(number, 0)


def words_between(database: Database, space: Space, after: int, until: int) -> Iterator[WordsBlock]:
    """What was set after one write and up to another, in order of rows; each block in a transaction of its own."""
    first, end = key_range(space.name)
    query = "SELECT key, data FROM vector WHERE key > ? AND key < ? AND change > ? AND change <= ? ORDER BY key LIMIT ?"
    while True:
        with database.read() as connection:
            try:
                block = connection.execute(query, (first, end, after, until, BLOCK)).fetchall()
            except sqlite3.Error as error:
                check_damage(error, "the visual words")
                yield [_item(*row) for row in _rows_around(connection, space, first + 1, after, until)]
                return
        if not block:
            return
        yield [_item(key, data) for key, data in block]
        first = block[-1][0]


def words_set_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> Iterator[WordsBlock]:
    """The same within one transaction, quick where few of many were set; each block is in order of rows."""
    query = "SELECT key, data FROM vector WHERE name = ? AND change > ? AND change <= ? ORDER BY key"
    try:
        rows = connection.execute(query, (space.name, after, until)).fetchall()
    except sqlite3.Error as error:
        check_damage(error, "the visual words")
        rows = _rows_around(connection, space, key_range(space.name)[0], after, until)
    for start in range(0, len(rows), BLOCK):
        yield [_item(key, data) for key, data in rows[start : start + BLOCK]]


def count_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> int:
    """How many items have visual words that were set after one write and up to another."""
    query = "SELECT count(*) FROM vector WHERE name = ? AND change > ? AND change <= ?"
    try:
        [number] = connection.execute(query, (space.name, after, until)).fetchone()
    except sqlite3.Error as error:
        check_damage(error, "the visual words")
        return len(_rows_around(connection, space, key_range(space.name)[0], after, until))
    return int(number)


def rows_with_visual_words(connection: sqlite3.Connection, space: Space, rows: list[int]) -> set[int]:
    """Those of the rows whose item has visual words now."""
    keys = json.dumps([vector_key(space.name, row) for row in rows])
    query = "SELECT key FROM vector WHERE key IN (SELECT value FROM json_each(?))"
    try:
        return {key & ROW_MASK for (key,) in connection.execute(query, (keys,))}
    except sqlite3.Error as error:
        check_damage(error, "the visual words")
    first, _ = key_range(space.name)
    every = _rows_around(connection, space, first, -1, change_of(connection))
    return {key & ROW_MASK for key, _ in every} & set(rows)


def _rows_around(
    connection: sqlite3.Connection, space: Space, first: int, after: int, until: int
) -> list[tuple[int, bytes]]:
    """Keys and visual words that can be read, in order of keys."""
    query = "SELECT key, data FROM vector NOT INDEXED WHERE key >= ? AND key < ? AND change > ? AND change <= ?"

    def read(low: int, high: int) -> list[tuple[int, bytes]]:
        return connection.execute(query, (low, high, after, until)).fetchall()

    return list(read_around(read, first, vector_key(space.name, last_row(connection)) + 1))


def _item(key: int, data: bytes) -> tuple[int, VisualWords]:
    """What cannot be read counts as nothing, so that one damaged row ends no search; ``check`` reports it."""
    try:
        return key & ROW_MASK, VisualWords.from_bytes(data)
    except (ValueError, TypeError):
        return key & ROW_MASK, VisualWords.from_bytes(b"")
