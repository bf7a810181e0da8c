"""Reads records: get, scan and count, with vectors and blobs on demand."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sosie.errors import StoreDamaged
from sosie.filters import Where
from sosie.stores.local.truth.conditions import find_expression
from sosie.stores.local.truth.damage import check_damage, item_rows_around, log_damage, read_around
from sosie.stores.local.truth.encoding import ITEM_COLUMNS, is_vector, record_of, single
from sosie.stores.local.truth.meta import manifest_of, vector_names
from sosie.stores.local.truth.schema import ROW_MASK, vector_key
from sosie.types import JSON, VISUAL_WORDS, Record, Vectors

CHUNK = 500
T = TypeVar("T")
_ITEMS = f"SELECT row, {ITEM_COLUMNS} FROM item WHERE row"  # noqa: S608


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """Splits the values into lists of at most ``CHUNK``."""
    rest = iter(values)
    while part := list(islice(rest, CHUNK)):
        yield part


def rows_of(connection: sqlite3.Connection, item_ids: Iterable[str]) -> dict[str, int]:
    """The rows of existing items, each once, in the order of the ids."""
    rows_by_id: dict[str, int] = {}
    for part in chunks(dict.fromkeys(item_ids)):
        condition = f"item_id IN ({','.join('?' * len(part))})"
        try:
            rows = dict(connection.execute(f"SELECT item_id, row FROM item WHERE {condition}", part))  # noqa: S608
        except sqlite3.Error as error:
            check_damage(error, "the index of the items")
            rows = dict(item_rows_around(connection, condition, part))
        rows_by_id.update((item_id, rows[item_id]) for item_id in part if item_id in rows)
    return rows_by_id


def load_records(connection: sqlite3.Connection, rows: Iterable[int], fields: Sequence[str] = ()) -> dict[int, Record]:
    """The records in these rows, with the named vectors and blobs. Unreadable records are left out and logged."""
    records: dict[int, Record] = {}
    for part in chunks(rows):
        vectors, blobs = _vectors(connection, part, fields), _blobs(connection, part, fields)
        for row, *values in _rows_in(connection, _ITEMS, part):
            try:
                records[row] = record_of(values, vectors.get(row, {}), blobs.get(row, {}))
            except StoreDamaged as error:
                log_damage(str(error))
    return records


def read_record(connection: sqlite3.Connection, row: int) -> Record:
    """The record in a row, without vectors and blobs; ``StoreDamaged`` if it is unreadable."""
    [(_, *values)] = connection.execute(f"{_ITEMS} = ?", (row,)).fetchall()
    return record_of(values, {}, {})


def get(connection: sqlite3.Connection, item_ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The existing, readable records, each once, in the order of the ids; ``StoreDamaged`` if none is readable."""
    rows = rows_of(connection, item_ids)
    records = load_records(connection, rows.values(), fields)
    if rows and not records:
        raise StoreDamaged(f"item {next(iter(rows))!r} cannot be read: delete it or index it again")
    return [records[row] for row in rows.values() if row in records]


def load_feedback(connection: sqlite3.Connection) -> list[JSON]:
    """Every readable row of feedback, in the order of adding."""
    rows: list[JSON] = []
    for number, body in connection.execute("SELECT number, body FROM feedback ORDER BY number"):
        try:
            rows.append(json.loads(body))
        except (ValueError, TypeError) as error:
            log_damage(f"row {number} of the feedback cannot be read ({error})")
    return rows


class Page(NamedTuple):
    """A page of records in order of item_id, and the id to continue after; None on the last page."""

    records: list[Record]
    after: str | None


def page(connection: sqlite3.Connection, where: Where | None, after: str, fields: Sequence[str]) -> Page:
    """The next page of records that pass the filter."""
    condition = find_expression(where)
    query = f"SELECT item_id, row FROM item WHERE item_id > ? AND {condition.text} ORDER BY item_id LIMIT ?"  # noqa: S608
    try:
        ids = connection.execute(query, (after, *condition.values, CHUNK)).fetchall()
    except sqlite3.Error as error:
        check_damage(error, "the items")
        passing = item_rows_around(connection, f"item_id > ? AND {condition.text}", (after, *condition.values))
        ids = passing[:CHUNK]
    records_by_row = load_records(connection, [row for _, row in ids], fields)
    records = [records_by_row[row] for _, row in ids if row in records_by_row]
    return Page(records, ids[-1][0] if len(ids) == CHUNK else None)


def count(connection: sqlite3.Connection, where: Where | None) -> int:
    """The number of items that pass the filter."""
    condition = find_expression(where)
    query = f"SELECT count(*) FROM item WHERE {condition.text}"  # noqa: S608
    try:
        [number] = connection.execute(query, condition.values).fetchone()
    except sqlite3.Error as error:
        check_damage(error, "the items")
        return len(item_rows_around(connection, condition.text, condition.values))
    return int(number)


def _vectors(
    connection: sqlite3.Connection, rows: list[int], fields: Sequence[str]
) -> Mapping[int, dict[str, Vectors]]:
    """The named vectors that have the dimension in the manifest."""
    vectors: dict[int, dict[str, Vectors]] = {}
    for name in dict.fromkeys(fields):
        dim = manifest_of(connection).vectors.get(name, 0)
        for row, data in _indexed(connection, rows, name) if name != VISUAL_WORDS else ():
            if is_vector(data, dim):
                vectors.setdefault(row, {})[name] = single(data)
            else:
                log_damage(f"a vector {name} has not the expected {dim} numbers")
    return vectors


def _blobs(connection: sqlite3.Connection, rows: list[int], fields: Sequence[str]) -> Mapping[int, dict[str, bytes]]:
    blobs_by_row: dict[int, dict[str, bytes]] = {}
    for name in dict.fromkeys(fields):
        blobs = _indexed(connection, rows, name) if name == VISUAL_WORDS else _plain_blobs(connection, rows, name)
        for row, data in blobs:
            if isinstance(data, bytes):
                blobs_by_row.setdefault(row, {})[name] = data
    return blobs_by_row


def _indexed(connection: sqlite3.Connection, rows: list[int], name: str) -> Iterator[tuple[int, bytes]]:
    """Rows with their data in the table ``vector`` under a name."""
    number = vector_names(connection).get(name)
    if number is not None:
        keys = [vector_key(number, row) for row in rows]
        for key, data in _rows_in(connection, "SELECT key, data FROM vector WHERE key", keys):
            yield key & ROW_MASK, data


def _plain_blobs(connection: sqlite3.Connection, rows: list[int], name: str) -> Iterator[tuple[int, bytes]]:
    yield from _rows_in(connection, "SELECT row, data FROM blob WHERE name = ? AND row", rows, (name,))


def _rows_in(
    connection: sqlite3.Connection, query: str, keys: list[int], values: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    """The results of a query for these values of its last column. On damage the query is run for each value."""
    try:
        every = f"{query} IN (SELECT value FROM json_each(?))"  # noqa: S608
        return connection.execute(every, (*values, json.dumps(keys))).fetchall()
    except sqlite3.Error as error:
        check_damage(error, "items")

    def read(low: int, _: int) -> list[tuple[Any, ...]]:
        return connection.execute(f"{query} = ?", (*values, low)).fetchall()

    return [row for key in keys for row in read_around(read, key, key + 1)]
