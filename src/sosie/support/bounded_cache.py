"""A cache of bytes by key, in one file of bounded size. The file may be deleted at any time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Lock

MOST_BYTES = 256 << 20
_KEPT_SHARE = 0.75
_BUSY_SECONDS = 5.0


class BoundedCache:
    """Keeps the newest entries, at most ``most_bytes`` of them; safe in many threads and processes.

    If the file cannot be read or written, the cache is empty: reading returns nothing, and writing does nothing.

    >>> cache = BoundedCache(Path("photos.cache"))
    >>> cache.write({"a": b"1"})
    >>> cache.read(["a", "b"])
    {'a': b'1'}
    """

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file = file
        self._most_bytes = most_bytes
        self._lock = Lock()

    def read(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Returns those keys that are in the cache, with their bytes."""
        entries: dict[str, bytes] = {}
        if not self._file.exists():
            return entries
        with suppress(sqlite3.Error), self._connection() as connection:
            chosen = "SELECT key, data FROM entries WHERE key IN (SELECT value FROM json_each(?))"
            entries.update((key, bytes(data)) for key, data in connection.execute(chosen, (json.dumps(list(keys)),)))
        return entries

    def write(self, entries: Mapping[str, bytes]) -> None:
        """Stores these entries; the oldest entries are dropped to make room."""
        if not entries or not self._file.parent.is_dir():
            return
        with suppress(sqlite3.Error), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, key TEXT UNIQUE, data BLOB)"
            )
            connection.executemany("INSERT OR REPLACE INTO entries (key, data) VALUES (?, ?)", entries.items())
            self._make_room(connection)
            connection.execute("COMMIT")

    def _make_room(self, connection: sqlite3.Connection) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        [free] = connection.execute("PRAGMA freelist_count").fetchone()
        [size] = connection.execute("PRAGMA page_size").fetchone()
        if (pages - free) * size <= self._most_bytes:
            return
        left = int(self._most_bytes * _KEPT_SHARE)
        for number, length in connection.execute("SELECT number, length(data) FROM entries ORDER BY number DESC"):
            left -= length
            if left < 0:
                connection.execute("DELETE FROM entries WHERE number <= ?", (number,))
                return

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock, closing(sqlite3.connect(self._file, _BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            yield connection
