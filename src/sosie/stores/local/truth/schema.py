"""The tables of ``catalog.db``.

- ``vector``: named vectors and visual words. The key is ``name << 40 | row``, so the vectors of a name are adjacent.
  ``change`` is the number of the write that last set the numbers; a change of attributes does not outdate a segment.
- ``attribute`` and ``words``: indexes of ``item`` for filters and full text.
- ``meta``: has row numbers. Without these, a look-up would read a large manifest completely to compare a key.
- ``item_change``: the last write that set each item.
"""

from __future__ import annotations

from typing import Final

FORMAT_VERSION: Final = 1
APPLICATION_ID: Final = 0x536F7369
PAGE_SIZE: Final = 8192
KEY_BITS: Final = 40
ROW_MASK: Final = (1 << KEY_BITS) - 1
LEAST_ROW_BYTES: Final = 256
"""Fewest bytes of an item. It gives an upper bound of the number of rows in a file."""

_NOTE = "INSERT OR REPLACE INTO item_change SELECT {}.row, value FROM meta WHERE key = 'change'"
ITEM_CHANGE: Final = (
    "CREATE TABLE item_change (row INTEGER PRIMARY KEY, change INTEGER NOT NULL)",
    "CREATE INDEX item_by_change ON item_change (change)",
    f"CREATE TRIGGER item_inserted AFTER INSERT ON item BEGIN {_NOTE.format('new')}; END",
    f"CREATE TRIGGER item_updated AFTER UPDATE ON item BEGIN {_NOTE.format('new')}; END",
    f"CREATE TRIGGER item_deleted AFTER DELETE ON item BEGIN {_NOTE.format('old')}; END",
)
"""For each item, also a deleted one, the last write that set anything but its vectors."""

TABLES: Final = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value)",
    """CREATE TABLE item (
        row INTEGER PRIMARY KEY,
        item_id TEXT NOT NULL UNIQUE,
        product_id TEXT NOT NULL,
        content_sha256 TEXT NOT NULL,
        updated_at REAL NOT NULL,
        image TEXT NOT NULL,
        links TEXT NOT NULL,
        attributes TEXT NOT NULL)""",
    "CREATE INDEX item_by_product ON item (product_id)",
    "CREATE INDEX item_by_content ON item (content_sha256)",
    """CREATE TABLE attribute (
        row INTEGER NOT NULL,
        name TEXT NOT NULL,
        value NOT NULL,
        PRIMARY KEY (row, name, value)) WITHOUT ROWID""",
    "CREATE INDEX attribute_by_value ON attribute (name, value)",
    "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'ascii')",
    "CREATE TABLE vector_name (name INTEGER PRIMARY KEY AUTOINCREMENT, full_name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE vector (
        key INTEGER PRIMARY KEY,
        name INTEGER NOT NULL,
        change INTEGER NOT NULL,
        data BLOB NOT NULL)""",
    "CREATE INDEX vector_by_change ON vector (name, change)",
    "CREATE TABLE blob (row INTEGER NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (row, name))",
    "CREATE TABLE feedback (number INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE snapshot (folder TEXT PRIMARY KEY, name INTEGER NOT NULL, change INTEGER NOT NULL, rows INTEGER)",
    *ITEM_CHANGE,
)


def vector_key(name: int, row: int) -> int:
    """The key of an item's vector with a name."""
    return name << KEY_BITS | row


def key_range(name: int) -> tuple[int, int]:
    """The first key of a name, and the first key of the next name."""
    return name << KEY_BITS, (name + 1) << KEY_BITS
