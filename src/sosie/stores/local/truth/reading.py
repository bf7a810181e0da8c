"""get, scan and count: light records first, their vectors and blobs on demand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from sosie.filters import Where
from sosie.stores.local.truth.conditions import find_expression
from sosie.stores.local.truth.encoding import ITEM_COLUMNS, record_of, single
from sosie.stores.local.truth.meta import vector_names
from sosie.stores.local.truth.schema import ROW_MASK, vector_key
from sosie.types import VISUAL_WORDS, Record, Vectors

CHUNK = 500
T = TypeVar("T")


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in lists of at most ``CHUNK``."""
    rest = iter(values)
    while part := list(islice(rest, CHUNK)):
        yield part


def rows_of(connection: sqlite3.Connection, item_ids: Iterable[str]) -> dict[str, int]:
    """The row of every item that exists, in the order asked, each once."""
    found: dict[str, int] = {}
    for part in chunks(dict.fromkeys(item_ids)):
        marks = ",".join("?" * len(part))
        rows = dict(connection.execute(f"SELECT item_id, row FROM item WHERE item_id IN ({marks})", part))  # noqa: S608
        found.update((item_id, rows[item_id]) for item_id in part if item_id in rows)
    return found


def load_records(connection: sqlite3.Connection, rows: Iterable[int], fields: Sequence[str] = ()) -> dict[int, Record]:
    """The records in these rows, with the vectors and blobs named."""
    found: dict[int, Record] = {}
    for part in chunks(rows):
        vectors, blobs = _vectors(connection, part, fields), _blobs(connection, part, fields)
        query = f"SELECT row, {ITEM_COLUMNS} FROM item WHERE row IN (SELECT value FROM json_each(?))"  # noqa: S608
        for row, *values in connection.execute(query, (json.dumps(part),)):
            found[row] = record_of(values, vectors.get(row, {}), blobs.get(row, {}))
    return found


def get(connection: sqlite3.Connection, item_ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The records that exist, in the order asked, each id once."""
    rows = list(rows_of(connection, item_ids).values())
    found = load_records(connection, rows, fields)
    return [found[row] for row in rows]


def page(connection: sqlite3.Connection, where: Where | None, after: str, fields: Sequence[str]) -> list[Record]:
    """The next records that pass, in order of item_id; fewer than ``CHUNK`` only at the end."""
    condition = find_expression(where)
    query = f"SELECT row FROM item WHERE item_id > ? AND {condition.text} ORDER BY item_id LIMIT ?"  # noqa: S608
    rows = [row for (row,) in connection.execute(query, (after, *condition.values, CHUNK))]
    found = load_records(connection, rows, fields)
    return [found[row] for row in rows]


def count(connection: sqlite3.Connection, where: Where | None) -> int:
    """How many items pass."""
    condition = find_expression(where)
    query = f"SELECT count(*) FROM item WHERE {condition.text}"  # noqa: S608
    [number] = connection.execute(query, condition.values).fetchone()
    return int(number)


def _vectors(
    connection: sqlite3.Connection, rows: list[int], fields: Sequence[str]
) -> Mapping[int, dict[str, Vectors]]:
    found: dict[int, dict[str, Vectors]] = {}
    for name in dict.fromkeys(fields):
        if name != VISUAL_WORDS:
            for row, data in _indexed(connection, rows, name):
                found.setdefault(row, {})[name] = single(data)
    return found


def _blobs(connection: sqlite3.Connection, rows: list[int], fields: Sequence[str]) -> Mapping[int, dict[str, bytes]]:
    found: dict[int, dict[str, bytes]] = {}
    for name in dict.fromkeys(fields):
        blobs = _indexed(connection, rows, name) if name == VISUAL_WORDS else _plain_blobs(connection, rows, name)
        for row, data in blobs:
            found.setdefault(row, {})[name] = data
    return found


def _indexed(connection: sqlite3.Connection, rows: list[int], name: str) -> Iterator[tuple[int, bytes]]:
    """Rows and what the table ``vector`` keeps of them under a name."""
    number = vector_names(connection).get(name)
    if number is not None:
        query = "SELECT key, data FROM vector WHERE key IN (SELECT value FROM json_each(?))"
        for key, data in connection.execute(query, (json.dumps([vector_key(number, row) for row in rows]),)):
            yield key & ROW_MASK, data


def _plain_blobs(connection: sqlite3.Connection, rows: list[int], name: str) -> Iterator[tuple[int, bytes]]:
    query = "SELECT row, data FROM blob WHERE name = ? AND row IN (SELECT value FROM json_each(?))"
    yield from connection.execute(query, (name, json.dumps(rows)))
