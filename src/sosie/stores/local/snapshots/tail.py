"""The tail: vectors that were set after the newest segment, cached in memory between searches."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sosie.stores.local.snapshots.halves import Halves
from sosie.stores.local.truth.schema import ROW_MASK
from sosie.stores.local.truth.spans import Space
from sosie.stores.local.truth.vectors import Rows, concatenate_blocks, count_changed_since, vectors_changed_since


class HalfBlock(NamedTuple):
    """Rows, shape (n,), and their unit vectors in half precision, shape (n, dim)."""

    rows: Rows
    halves: Halves


@dataclass(frozen=True, slots=True)
class Tail:
    """The vectors that were set after write ``base``, up to write ``change``."""

    base: int
    change: int
    block: HalfBlock


class Tails:
    """Caches the last tail of each vector name; thread-safe."""

    def __init__(self, most_rows: int) -> None:
        self._most = most_rows
        self._tails: dict[Space, Tail] = {}
        self._lock = threading.Lock()

    def at(self, connection: sqlite3.Connection, space: Space, base: int, change: int) -> HalfBlock | None:
        """The tail after write ``base``, up to write ``change``; None if it is too long to be cached."""
        with self._lock:
            previous = self._tails.get(space)
        if previous is not None and previous.base == base and previous.change == change:
            return previous.block
        number = count_changed_since(connection, space, base)
        if number > self._most:
            return None
        usable = previous is not None and previous.base <= base and previous.change <= change
        tail = Tail(base, change, _renewed(connection, space, previous if usable else None, base, number))
        with self._lock:
            if space not in self._tails or self._tails[space].change <= change:
                self._tails[space] = tail
        return tail.block


def _renewed(connection: sqlite3.Connection, space: Space, previous: Tail | None, base: int, number: int) -> HalfBlock:
    """The previous tail updated with newer writes. It must have ``number`` rows."""
    if previous is None:
        return _read(connection, space, base)
    new = _read(connection, space, max(base, previous.change))
    kept = ~np.isin(previous.block.rows, new.rows)
    if base != previous.base or int(kept.sum()) + len(new.rows) != number:
        kept &= np.isin(previous.block.rows, _rows_since(connection, space, base))
    old = previous.block
    return HalfBlock(np.concatenate([old.rows[kept], new.rows]), np.concatenate([old.halves[kept], new.halves]))


def _read(connection: sqlite3.Connection, space: Space, base: int) -> HalfBlock:
    block = concatenate_blocks(vectors_changed_since(connection, space, base), space.dim)
    return HalfBlock(block.rows, block.matrix.astype(np.float16))


def _rows_since(connection: sqlite3.Connection, space: Space, base: int) -> list[int]:
    query = "SELECT key FROM vector WHERE name = ? AND change > ?"
    return [key & ROW_MASK for (key,) in connection.execute(query, (space.number, base))]
