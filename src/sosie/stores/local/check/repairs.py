"""What ``check`` can mend, each in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from sosie.stores.local.truth.encoding import search_text_of
from sosie.stores.local.truth.meta import next_change
from sosie.stores.local.truth.reading import load_records
from sosie.stores.local.truth.vectors import Space
from sosie.stores.local.truth.writing import write_attributes

Mend: TypeAlias = Callable[[sqlite3.Connection], None]


class Fault(NamedTuple):
    """A problem, and what mends it if anything does."""

    problem: str
    mend: Mend | None = None
    mended: str = ""


def reindex(connection: sqlite3.Connection) -> None:
    """Build every index of the file anew."""
    connection.execute("REINDEX")


def rebuild_words(connection: sqlite3.Connection) -> None:
    """Make the word index anew from the items."""
    connection.execute("DROP TABLE words")
    connection.execute("CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'ascii')")
    for row, item_id, product_id, attributes in connection.execute(
        "SELECT row, item_id, product_id, attributes FROM item"
    ):
        text = search_text_of(item_id, product_id, json.loads(attributes))
        connection.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, text))


def rewrite_attributes(row: int) -> Mend:
    """Write anew what finds one item by attribute and by word."""

    def mend(connection: sqlite3.Connection) -> None:
        for record in load_records(connection, [row]).values():
            write_attributes(connection, {row: (record.item_id, record.product_id, record.attributes)})

    return mend


def drop_vector(key: int, row: int) -> Mend:
    """Remove a vector that cannot be used, and the item's hash, so that the next ``index`` embeds its picture anew."""

    def mend(connection: sqlite3.Connection) -> None:
        next_change(connection)
        connection.execute("DELETE FROM vector WHERE key = ?", (key,))
        connection.execute("UPDATE item SET content_sha256 = '' WHERE row = ?", (row,))

    return mend


def delete_strays(table: str, row: str) -> Mend:
    """Remove what belongs to no item; ``row`` is the expression that gives the item's row."""

    def mend(connection: sqlite3.Connection) -> None:
        next_change(connection)
        connection.execute(f"DELETE FROM {table} WHERE {row} NOT IN (SELECT row FROM item)")  # noqa: S608

    return mend


def forget_snapshot(space: Space) -> Mend:
    """Use the snapshot of a vector name no more."""

    def mend(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM snapshot WHERE name = ?", (space.name,))

    return mend
