"""Reads the rows of the table ``vector`` that were set in a span of writes: embeddings and visual words."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from sosie.stores.local.truth.damage import check_damage, last_row, read_around
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.schema import ROW_MASK, key_range, vector_key

BLOCK = 2048

Kept: TypeAlias = list[tuple[int, bytes]]
"""Keys, in order, and their data."""


class Space(NamedTuple):
    """A named vector: the number of its name, which is part of keys, and its dimension."""

    number: int
    dim: int


def set_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> Kept:
    """The rows that were set after write ``after``, up to write ``until``; fast if they are few."""
    query = "SELECT key, data FROM vector WHERE name = ? AND change > ? AND change <= ? ORDER BY key"
    try:
        return connection.execute(query, (space.number, after, until)).fetchall()
    except sqlite3.Error as error:
        check_damage(error, "the vectors")
        return kept_around_damage(connection, space, after, until)


def blocks_between(database: Database, space: Space, after: int, until: int) -> Iterator[Kept]:
    """Like ``set_between``, in blocks, each in its own transaction. Rows that are set again meanwhile are left out."""
    with database.read() as connection:
        keys = _keys_between(connection, space, after, until)
    query = """SELECT key, data FROM vector
        WHERE key IN (SELECT value FROM json_each(?)) AND change > ? AND change <= ? ORDER BY key"""
    for start in range(0, len(keys), BLOCK):
        part = keys[start : start + BLOCK]
        with database.read() as connection:
            try:
                block = connection.execute(query, (json.dumps(part), after, until)).fetchall()
            except sqlite3.Error as error:
                check_damage(error, "the vectors")
                block = kept_around_damage(connection, space, after, until, part[0], part[-1] + 1)
        if block:
            yield block


def count_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> int:
    """The number of rows that were set after write ``after``, up to write ``until``."""
    query = "SELECT count(*) FROM vector WHERE name = ? AND change > ? AND change <= ?"
    try:
        [number] = connection.execute(query, (space.number, after, until)).fetchone()
    except sqlite3.Error as error:
        check_damage(error, "the vectors")
        return len(kept_around_damage(connection, space, after, until))
    return int(number)


def changes_of(connection: sqlite3.Connection, space: Space, rows: Sequence[int]) -> dict[int, int]:
    """The number of the write that last set each row. Rows without data are left out."""
    keys = [vector_key(space.number, row) for row in rows]
    query = "SELECT key, change FROM vector WHERE key IN (SELECT value FROM json_each(?))"
    try:
        entries = connection.execute(query, (json.dumps(keys),)).fetchall()
    except sqlite3.Error as error:
        check_damage(error, "the vectors")
        entries = [pair for key in keys for pair in _pair_around_damage(connection, key)]
    return {key & ROW_MASK: change for key, change in entries}


def _pair_around_damage(connection: sqlite3.Connection, key: int) -> Iterator[tuple[int, int]]:
    def read(low: int, high: int) -> list[tuple[int, int]]:
        return connection.execute("SELECT key, change FROM vector WHERE key >= ? AND key < ?", (low, high)).fetchall()

    return read_around(read, key, key + 1)


def kept_around_damage(
    connection: sqlite3.Connection, space: Space, after: int, until: int, first: int = 0, end: int = 0
) -> Kept:
    """The readable rows that were set in a span of writes, in order of keys, from ``first`` up to ``end`` if given."""
    query = "SELECT key, data FROM vector NOT INDEXED WHERE key >= ? AND key < ? AND change > ? AND change <= ?"

    def read(low: int, high: int) -> Kept:
        return connection.execute(query, (low, high, after, until)).fetchall()

    begin = first or key_range(space.number)[0]
    return list(read_around(read, begin, end or vector_key(space.number, last_row(connection)) + 1))


def _keys_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> list[int]:
    query = "SELECT key FROM vector WHERE name = ? AND change > ? AND change <= ? ORDER BY key"
    try:
        return [key for (key,) in connection.execute(query, (space.number, after, until))]
    except sqlite3.Error as error:
        check_damage(error, "the vectors")
        return [key for key, _ in kept_around_damage(connection, space, after, until)]
