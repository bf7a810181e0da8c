"""Writes items and vectors. Each function runs in the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sosie.stores.local.truth.encoding import (
    ITEM_COLUMNS,
    attribute_values,
    half,
    indexed_values,
    item_values,
    search_text_of,
)
from sosie.stores.local.truth.meta import next_change, number_of_name, vector_names
from sosie.stores.local.truth.reading import chunks, load_records, rows_of
from sosie.stores.local.truth.schema import key_range, vector_key
from sosie.types import VISUAL_WORDS, Attributes, Record, Vectors

_INSERT = f"INSERT INTO item ({ITEM_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_REPLACE = f"UPDATE item SET ({ITEM_COLUMNS}) = (?, ?, ?, ?, ?, ?, ?) WHERE row = ?"  # noqa: S608
_DELETE_ATTRIBUTE = "DELETE FROM attribute WHERE row = ? AND name = ? AND value = ?"
_PUT_ATTRIBUTE = "INSERT OR REPLACE INTO attribute (row, name, value) VALUES (?, ?, ?)"
_PUT_VECTOR = """INSERT INTO vector (key, name, change, data) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET change = excluded.change, data = excluded.data WHERE data != excluded.data"""

Described: TypeAlias = tuple[str, str, Attributes]
"""An item's item_id, product_id and attributes."""


def upsert(connection: sqlite3.Connection, records: Sequence[Record]) -> None:
    """Inserts records, or replaces them completely. If several have the same id, the last is stored."""
    last = {record.item_id: record for record in records}
    existing = rows_of(connection, last)
    change = next_change(connection)
    before = _described(connection, existing.values())
    rows = {_write_item(connection, record, existing.get(item_id)): record for item_id, record in last.items()}
    _rewrite_attributes(
        connection,
        before,
        {row: (record.item_id, record.product_id, record.attributes) for row, record in rows.items()},
    )
    _write_blobs(connection, rows)
    _write_vectors(connection, rows, change)


def update(connection: sqlite3.Connection, attributes: Mapping[str, Attributes]) -> int:
    """Replaces the attributes of existing items; returns the number of these items."""
    rows = rows_of(connection, attributes)
    next_change(connection)
    products, before = _products(connection, rows.values()), _described(connection, rows.values())
    connection.executemany(
        "UPDATE item SET attributes = ? WHERE row = ?",
        ((json.dumps(dict(attributes[item_id])), row) for item_id, row in rows.items()),
    )
    after = {row: (item_id, products[row], attributes[item_id]) for item_id, row in rows.items()}
    _rewrite_attributes(connection, before, after)
    return len(rows)


def delete(connection: sqlite3.Connection, item_ids: Sequence[str]) -> int:
    """Removes items; returns the number that existed."""
    rows = list(rows_of(connection, item_ids).values())
    next_change(connection)
    for table, column in (("item", "row"), ("attribute", "row"), ("blob", "row"), ("words", "rowid")):
        connection.executemany(f"DELETE FROM {table} WHERE {column} = ?", ((row,) for row in rows))  # noqa: S608
    for number in vector_names(connection).values():
        connection.executemany("DELETE FROM vector WHERE key = ?", ((vector_key(number, row),) for row in rows))
    return len(rows)


def put_vectors(connection: sqlite3.Connection, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
    """Sets a named vector of existing items; returns the number of these items."""
    rows = rows_of(connection, item_ids)
    number, change = number_of_name(connection, name), next_change(connection)
    last = dict(zip(item_ids, matrix, strict=True))
    connection.executemany(
        _PUT_VECTOR, ((vector_key(number, row), number, change, half(last[item_id])) for item_id, row in rows.items())
    )
    return len(rows)


def drop_vectors(connection: sqlite3.Connection, name: str) -> None:
    """Removes a named vector of every item, and the vector's segments."""
    number = vector_names(connection).get(name)
    if number is not None:
        next_change(connection)
        connection.execute("DELETE FROM vector WHERE key >= ? AND key < ?", key_range(number))
        connection.execute("DELETE FROM snapshot WHERE abs(name) = ?", (number,))


def add_feedback(connection: sqlite3.Connection, rows: Sequence[str]) -> None:
    """Adds rows of JSON text."""
    connection.executemany("INSERT INTO feedback (body) VALUES (?)", ((row,) for row in rows))


def write_attributes(connection: sqlite3.Connection, items: Mapping[int, Described]) -> None:
    """Rewrites the index entries of items, given the row, item_id, product_id and attributes of each."""
    connection.executemany("DELETE FROM attribute WHERE row = ?", ((row,) for row in items))
    connection.executemany("DELETE FROM words WHERE rowid = ?", ((row,) for row in items))
    connection.executemany(
        "INSERT INTO attribute (row, name, value) VALUES (?, ?, ?)",
        ((row, *pair) for row, (_, _, attributes) in items.items() for pair in attribute_values(attributes)),
    )
    connection.executemany(
        "INSERT INTO words (rowid, text) VALUES (?, ?)", ((row, search_text_of(*item)) for row, item in items.items())
    )


def _write_item(connection: sqlite3.Connection, record: Record, row: int | None) -> int:
    values = item_values(record, time.time())
    if row is not None:
        connection.execute(_REPLACE, (*values, row))
        return row
    return int(connection.execute(_INSERT, values).lastrowid or 0)


def _write_blobs(connection: sqlite3.Connection, rows: Mapping[int, Record]) -> None:
    connection.executemany("DELETE FROM blob WHERE row = ?", ((row,) for row in rows))
    connection.executemany(
        "INSERT INTO blob (row, name, data) VALUES (?, ?, ?)",
        ((row, *blob) for row, record in rows.items() for blob in record.blobs.items() if blob[0] != VISUAL_WORDS),
    )


def _write_vectors(connection: sqlite3.Connection, rows: Mapping[int, Record], change: int) -> None:
    values = {row: indexed_values(record) for row, record in rows.items()}
    names = dict.fromkeys(name for held in values.values() for name in held)
    numbers = {**vector_names(connection), **{name: number_of_name(connection, name) for name in names}}
    for name, number in numbers.items():
        held = {row: of_row[name] for row, of_row in values.items() if name in of_row}
        lacking = ((vector_key(number, row),) for row in rows if row not in held)
        connection.executemany("DELETE FROM vector WHERE key = ?", lacking)
        connection.executemany(
            _PUT_VECTOR, ((vector_key(number, row), number, change, data) for row, data in held.items())
        )


def _products(connection: sqlite3.Connection, rows: Iterable[int]) -> dict[int, str]:
    products: dict[int, str] = {}
    for part in chunks(rows):
        query = "SELECT row, product_id FROM item WHERE row IN (SELECT value FROM json_each(?))"
        products.update(connection.execute(query, (json.dumps(part),)))
    return products


def _described(connection: sqlite3.Connection, rows: Iterable[int]) -> dict[int, Described]:
    """The item_id, product_id and attributes of the readable items in these rows."""
    described: dict[int, Described] = {}
    for part in chunks(rows):
        for row, record in load_records(connection, part).items():
            described[row] = record.item_id, record.product_id, record.attributes
    return described


def _rewrite_attributes(
    connection: sqlite3.Connection, before: Mapping[int, Described], after: Mapping[int, Described]
) -> None:
    """Writes only the index entries that differ, and all entries of new items.

    For each changed entry SQLite writes a whole page, so unchanged entries are left alone.
    """
    write_attributes(connection, {row: item for row, item in after.items() if row not in before})
    for row in before:
        old, new = set(attribute_values(before[row][2])), set(attribute_values(after[row][2]))
        connection.executemany(_DELETE_ATTRIBUTE, ((row, *pair) for pair in old - new))
        connection.executemany(_PUT_ATTRIBUTE, ((row, *pair) for pair in new - old))
        text = search_text_of(*after[row])
        if text != search_text_of(*before[row]):
            connection.execute("DELETE FROM words WHERE rowid = ?", (row,))
            connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, text))
