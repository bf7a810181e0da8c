"""Finds faults in items and vectors, and rows that belong to no item; each fault has its repair."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import numpy as np

from sosie.errors import StoreDamaged
from sosie.stores.checks import is_unit
from sosie.stores.local.check.repairs import Fault, delete_orphaned_rows, drop_vector, rewrite_attributes
from sosie.stores.local.truth.encoding import attribute_values, search_text_of, single
from sosie.stores.local.truth.reading import read_record
from sosie.stores.local.truth.schema import ROW_MASK, key_range, vector_key
from sosie.stores.local.truth.spans import BLOCK, Space
from sosie.support.visual_words import VisualWords
from sosie.support.wording import amount
from sosie.types import VISUAL_WORDS, Record

_ORPHANS = {"vector": f"(key & {ROW_MASK})", "blob": "row", "attribute": "row", "words": "rowid"}


def faults_of_items(connection: sqlite3.Connection, rows: list[int]) -> Iterator[Fault]:
    """Finds unreadable items, and items whose attributes or words are indexed wrongly."""
    attributes: dict[int, set[tuple[str, object]]] = {}
    for row, *pair in connection.execute(
        "SELECT row, name, value FROM attribute WHERE row IN (SELECT value FROM json_each(?))", (json.dumps(rows),)
    ):
        attributes.setdefault(row, set()).add((pair[0], pair[1]))
    words = dict(
        connection.execute(
            "SELECT rowid, text FROM words WHERE rowid IN (SELECT value FROM json_each(?))", (json.dumps(rows),)
        )
    )
    for row in rows:
        yield from _item_faults(connection, row, attributes.get(row, set()), words.get(row))


def faults_of_vectors(
    connection: sqlite3.Connection, full_name: str, space: Space, after: int
) -> tuple[int | None, list[Fault]]:
    """Finds invalid vectors and visual words among the rows after row ``after``.

    Also returns the row to continue after; None at the end. If the manifest lacks the name, the expected dimension is
    unknown (0), and only the numbers are checked.
    """
    [_, end] = key_range(space.number)
    query = """SELECT key, data, (SELECT item_id FROM item WHERE row = key & ?) FROM vector
        WHERE key > ? AND key < ? ORDER BY key LIMIT ?"""
    given = (ROW_MASK, vector_key(space.number, after), end, BLOCK)
    entries = connection.execute(query, given).fetchall()
    kind = "blob" if full_name == VISUAL_WORDS else "vector"
    faults = [
        Fault(
            f"item {item_id!r}: its {kind} {full_name} {wrong}; index the item again",
            drop_vector(key, key & ROW_MASK),
            f"item {item_id!r}: the {kind} was removed, the next index makes it again",
        )
        for key, data, item_id in entries
        if (wrong := _wrong_with_words(data) if full_name == VISUAL_WORDS else _wrong_with(data, space.dim))
    ]
    return (entries[-1][0] & ROW_MASK if len(entries) == BLOCK else None), faults


def orphaned_rows(connection: sqlite3.Connection) -> Iterator[Fault]:
    """Finds rows of other tables that belong to no item."""
    for table, row in _ORPHANS.items():
        query = f"SELECT count(*) FROM {table} WHERE {row} NOT IN (SELECT row FROM item)"  # noqa: S608
        [number] = connection.execute(query).fetchone()
        if number:
            yield Fault(
                f"the table {table} has {amount(number, 'row')} without an item",
                delete_orphaned_rows(table, row),
                f"removed from the table {table}: {amount(number, 'row')} without an item",
            )


def _item_faults(
    connection: sqlite3.Connection, row: int, attributes: set[tuple[str, object]], words: str | None
) -> Iterator[Fault]:
    try:
        record = read_record(connection, row)
    except StoreDamaged as error:
        yield Fault(str(error))
        return
    repaired = f"item {record.item_id!r}: written again from its record"
    if attributes != set(attribute_values(record.attributes)):
        yield Fault(_not_found_by(record, "attributes"), rewrite_attributes(row), repaired)
    elif words != search_text_of(record.item_id, record.product_id, record.attributes):
        yield Fault(_not_found_by(record, "words"), rewrite_attributes(row), repaired)


def _not_found_by(record: Record, what: str) -> str:
    return f"item {record.item_id!r} is not found by its {what}"


def _wrong_with_words(data: bytes) -> str | None:
    try:
        VisualWords.from_bytes(data)
    except (ValueError, TypeError):
        return "cannot be read"
    return None


def _wrong_with(data: object, dim: int) -> str | None:
    if not isinstance(data, bytes):
        return f"is {data!r} instead of bytes"
    if len(data) % 2 or (dim and len(data) != 2 * dim):
        return f"has {len(data)} bytes instead of {2 * dim}"
    vector = single(data)
    if not np.isfinite(vector).all():
        return "holds numbers that are not finite"
    return None if is_unit(vector) else "is not of unit length"
