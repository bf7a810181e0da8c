"""Visual words out of SQLite, in blocks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import TypeAlias

from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.meta import vector_names
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
            block = connection.execute(query, (first, end, after, until, BLOCK)).fetchall()
        if not block:
            return
        yield [_item(key, data) for key, data in block]
        first = block[-1][0]


def words_set_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> Iterator[WordsBlock]:
    """The same within one transaction, quick where few of many were set; each block is in order of rows."""
    query = "SELECT key, data FROM vector WHERE name = ? AND change > ? AND change <= ? ORDER BY key"
    cursor = connection.execute(query, (space.name, after, until))
    while block := cursor.fetchmany(BLOCK):
        yield [_item(key, data) for key, data in block]


def count_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> int:
    """How many items have visual words that were set after one write and up to another."""
    query = "SELECT count(*) FROM vector WHERE name = ? AND change > ? AND change <= ?"
    [number] = connection.execute(query, (space.name, after, until)).fetchone()
    return int(number)


def rows_with_visual_words(connection: sqlite3.Connection, space: Space, rows: list[int]) -> set[int]:
    """Those of the rows whose item has visual words now."""
    keys = json.dumps([vector_key(space.name, row) for row in rows])
    query = "SELECT key FROM vector WHERE key IN (SELECT value FROM json_each(?))"
    return {key & ROW_MASK for (key,) in connection.execute(query, (keys,))}


def _item(key: int, data: bytes) -> tuple[int, VisualWords]:
    """What cannot be read counts as nothing, so that one damaged row ends no search; ``check`` reports it."""
    try:
        return key & ROW_MASK, VisualWords.from_bytes(data)
    except ValueError:
        return key & ROW_MASK, VisualWords.from_bytes(b"")
