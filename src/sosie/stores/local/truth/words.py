"""Reads visual words from SQLite in blocks."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TypeAlias

from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.meta import vector_names
from sosie.stores.local.truth.schema import ROW_MASK
from sosie.stores.local.truth.spans import BLOCK, Kept, Space, blocks_between, set_between
from sosie.support.visual_words import VisualWords
from sosie.types import VISUAL_WORDS

WordsBlock: TypeAlias = list[tuple[int, VisualWords]]
"""Rows and the visual words of each."""


def words_space(connection: sqlite3.Connection) -> Space | None:
    """The number and dimension of visual words as a vector name; None if no item ever had any."""
    number = vector_names(connection).get(VISUAL_WORDS)
    return None if number is None else Space(number, 0)


def words_between(database: Database, space: Space, after: int, until: int) -> Iterator[WordsBlock]:
    """The visual words that were set in a span of writes, in order of rows; each block in its own transaction."""
    return map(_decoded, blocks_between(database, space, after, until))


def words_set_between(connection: sqlite3.Connection, space: Space, after: int, until: int) -> Iterator[WordsBlock]:
    """Like ``words_between``, within one transaction."""
    rows = set_between(connection, space, after, until)
    return (_decoded(rows[start : start + BLOCK]) for start in range(0, len(rows), BLOCK))


def _decoded(kept: Kept) -> WordsBlock:
    return [(key & ROW_MASK, _words(data)) for key, data in kept]


def _words(data: bytes) -> VisualWords:
    """The visual words of a row. Empty if they are damaged, so searches continue; ``check`` reports the damage."""
    try:
        return VisualWords.from_bytes(data)
    except (ValueError, TypeError):
        return VisualWords.from_bytes(b"")
