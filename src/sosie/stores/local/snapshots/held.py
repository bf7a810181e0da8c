"""Segments together with the newer rows, which are kept in memory between searches."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sized
from typing import Generic, NamedTuple, TypeVar

from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import Series

MOST_IN_MEMORY = 8
"""When this many parts are in memory, they are merged into one. Each search after a write adds a part."""

T = TypeVar("T", bound=Sized)


class _Range(NamedTuple, Generic[T]):
    """The rows that were set in a span of writes, in memory."""

    after: int
    until: int
    file: T


class Held(Generic[T]):
    """Provides the rows of a series: from segments where possible, else by ``read`` into memory; thread-safe.

    At most ``most_rows`` rows stay in memory for the next search; more are read each time.
    """

    def __init__(self, snapshots: Snapshots, read: Callable[[sqlite3.Connection, int, int], T], most_rows: int) -> None:
        self._snapshots = snapshots
        self._read = read
        self._most = most_rows
        self._ranges: tuple[_Range[T], ...] = ()
        self._lock = threading.Lock()

    def at(self, connection: sqlite3.Connection, series: Series[T], change: int) -> list[T]:
        """All parts that a transaction can see, oldest first; ``change`` is the number of its last write."""
        files, after = list[T](), 0
        for segment in self._snapshots.segments(connection, series):
            file = self._snapshots.opened(series, segment)
            files += [self._read(connection, after, segment.change)] if file is None else [file]
            after = segment.change
        return [*files, *self._newest(connection, after, change)]

    @property
    def rows_in_memory(self) -> int:
        """The number of rows in memory."""
        return sum(len(part.file) for part in self._ranges)

    def _newest(self, connection: sqlite3.Connection, after: int, change: int) -> list[T]:
        with self._lock:
            held = self._ranges
        if not held or held[0].after != after or held[-1].until > change or len(held) > MOST_IN_MEMORY:
            held = ()
        last = held[-1].until if held else after
        if last < change:
            held = (*held, _Range(last, change, self._read(connection, last, change)))
            if sum(len(part.file) for part in held) <= self._most:
                with self._lock:
                    self._ranges = held
        return [part.file for part in held if len(part.file)]
