"""Reads vectors from SQLite in blocks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.filters import Where
from sosie.stores.local.truth.conditions import find_expression
from sosie.stores.local.truth.damage import check_damage, read_around
from sosie.stores.local.truth.encoding import unit_rows
from sosie.stores.local.truth.reading import chunks
from sosie.stores.local.truth.schema import ROW_MASK, key_range, vector_key
from sosie.stores.local.truth.spans import BLOCK, Space, count_between, kept_around_damage
from sosie.types import Vectors

_NEVER = 2**62
Rows: TypeAlias = npt.NDArray[np.int64]


class VectorBlock(NamedTuple):
    """Unit vectors, shape (n, dim), and their rows, shape (n,)."""

    rows: Rows
    matrix: Vectors


def vectors_changed_since(
    connection: sqlite3.Connection, space: Space, change: int, until: int = _NEVER
) -> Iterator[VectorBlock]:
    """The vectors that were set after write ``change``, up to write ``until``."""
    query = "SELECT key, data FROM vector WHERE name = ? AND change > ? AND change <= ?"
    return _surviving(
        lambda: _blocks(connection.execute(query, (space.number, change, until)), space.dim),
        lambda: _blocks_around(connection, space, change, until),
    )


def vectors_passing(connection: sqlite3.Connection, space: Space, where: Where | None) -> Iterator[VectorBlock]:
    """The vectors of every item that passes."""
    first, _ = key_range(space.number)
    if not where:
        return vectors_of_name(connection, space)
    condition = find_expression(where)
    query = f"""SELECT key, data FROM item CROSS JOIN vector ON vector.key = item.row + ?
        WHERE {condition.text}"""  # noqa: S608
    return _blocks(connection.execute(query, (first, *condition.values)), space.dim)


def vectors_of_name(connection: sqlite3.Connection, space: Space) -> Iterator[VectorBlock]:
    """Every vector of the name."""
    query = "SELECT key, data FROM vector WHERE key >= ? AND key < ?"
    return _surviving(
        lambda: _blocks(connection.execute(query, key_range(space.number)), space.dim),
        lambda: _blocks_around(connection, space, -1),
    )


def vectors_of_rows(connection: sqlite3.Connection, space: Space, rows: Iterable[int]) -> Iterator[VectorBlock]:
    """The vectors of these rows; rows without a vector are left out."""
    for part in chunks(rows):
        yield from _surviving(
            partial(_blocks_of_rows, connection, space, part), partial(_blocks_of_each, connection, space, part)
        )


def _blocks_of_rows(connection: sqlite3.Connection, space: Space, rows: list[int]) -> Iterator[VectorBlock]:
    keys = json.dumps([vector_key(space.number, row) for row in rows])
    query = "SELECT key, data FROM vector WHERE key IN (SELECT value FROM json_each(?))"
    return _blocks(connection.execute(query, (keys,)), space.dim)


def count_changed_since(connection: sqlite3.Connection, space: Space, change: int) -> int:
    """The number of vectors that were set after write ``change``."""
    return count_between(connection, space, change, _NEVER)


def concatenate_blocks(blocks: Iterable[VectorBlock], dim: int) -> VectorBlock:
    """Joins all blocks."""
    parts = [VectorBlock(np.empty(0, np.int64), np.empty((0, dim), np.float32)), *blocks]
    return VectorBlock(np.concatenate([part.rows for part in parts]), np.concatenate([part.matrix for part in parts]))


def _surviving(
    read: Callable[[], Iterator[VectorBlock]], read_around_damage: Callable[[], Iterator[VectorBlock]]
) -> Iterator[VectorBlock]:
    """The blocks of ``read``. After damage, the rest is read with ``read_around_damage``."""
    seen = [np.empty(0, np.int64)]
    try:
        for block in read():
            seen.append(block.rows)
            yield block
    except sqlite3.Error as error:
        check_damage(error, "the vectors")
    else:
        return
    before = np.concatenate(seen)
    for block in read_around_damage():
        new = ~np.isin(block.rows, before)
        yield VectorBlock(block.rows[new], block.matrix[new])


def _blocks_around(
    connection: sqlite3.Connection, space: Space, change: int, until: int = _NEVER
) -> Iterator[VectorBlock]:
    """The readable vectors that were set after write ``change``."""
    yield _block(kept_around_damage(connection, space, change, until), space.dim)


def _blocks_of_each(connection: sqlite3.Connection, space: Space, rows: Iterable[int]) -> Iterator[VectorBlock]:
    """The readable vectors of these rows, read one by one."""
    for row in rows:
        key = vector_key(space.number, row)

        def read(low: int, high: int) -> list[tuple[int, bytes]]:
            return connection.execute("SELECT key, data FROM vector WHERE key >= ? AND key < ?", (low, high)).fetchall()

        yield _block(list(read_around(read, key, key + 1)), space.dim)


def _blocks(cursor: sqlite3.Cursor, dim: int) -> Iterator[VectorBlock]:
    while part := cursor.fetchmany(BLOCK):
        yield _block(part, dim)


def _block(part: Sequence[tuple[int, bytes]], dim: int) -> VectorBlock:
    rows = np.fromiter((key & ROW_MASK for key, _ in part), np.int64, len(part))
    return VectorBlock(rows, unit_rows([data for _, data in part], dim))
