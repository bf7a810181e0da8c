"""The repairs of ``check``, each in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from sosie.stores.local.truth.encoding import search_text_of
from sosie.stores.local.truth.meta import next_change
from sosie.stores.local.truth.reading import load_records
from sosie.stores.local.truth.writing import write_attributes

Repair: TypeAlias = Callable[[sqlite3.Connection], None]


class Fault(NamedTuple):
    """A problem, its repair if there is one, and the text that reports the repair."""

    problem: str
    repair: Repair | None = None
    repaired: str = ""


def reindex(connection: sqlite3.Connection) -> None:
    """Rebuilds every index of the file."""
    connection.execute("REINDEX")


def rebuild_words(connection: sqlite3.Connection) -> None:
    """Rebuilds the word index from the items."""
    connection.execute("DROP TABLE words")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'ascii')")
    for row, item_id, product_id, attributes in connection.execute(
        "SELECT row, item_id, product_id, attributes FROM item"
    ):
        text = search_text_of(item_id, product_id, json.loads(attributes))
        connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, text))


def rewrite_attributes(row: int) -> Repair:
    """Rewrites the index entries of an item's attributes and words."""

    def repair(connection: sqlite3.Connection) -> None:
        next_change(connection)
        connection.execute("UPDATE item SET attributes = attributes WHERE row = ?", (row,))
        for record in load_records(connection, [row]).values():
            write_attributes(connection, {row: (record.item_id, record.product_id, record.attributes)})

    return repair


def drop_vector(key: int, row: int) -> Repair:
    """Removes an invalid vector, and the item's hash, so the next ``index`` embeds the picture again."""

    def repair(connection: sqlite3.Connection) -> None:
        next_change(connection)
        connection.execute("DELETE FROM vector WHERE key = ?", (key,))
        connection.execute("UPDATE item SET content_sha256 = '' WHERE row = ?", (row,))

    return repair


def delete_orphaned_rows(table: str, row: str) -> Repair:
    """Removes rows that belong to no item; ``row`` is the SQL expression for the item's row."""

    def repair(connection: sqlite3.Connection) -> None:
        next_change(connection)
        connection.execute(f"DELETE FROM {table} WHERE {row} NOT IN (SELECT row FROM item)")  # noqa: S608

    return repair


def forget_snapshot(folder: str) -> Repair:
    """Stops using a segment and all newer segments of its series, because each segment continues the previous one."""

    def repair(connection: sqlite3.Connection) -> None:
        damaged = connection.execute("SELECT name, change FROM snapshot WHERE folder = ?", (folder,)).fetchall()
        connection.executemany("DELETE FROM snapshot WHERE name = ? AND change >= ?", damaged)

    return repair
