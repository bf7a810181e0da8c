"""Published segments: folders ``ann/NAME-CHANGE-TOKEN/``, built elsewhere, published by renaming, and never changed.

A segment is used only if the table ``snapshot`` lists it. So other folders can be removed, and a restored database
ignores segments that were built after its backup.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Sequence, Sized
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from sosie.stores.local.snapshots.files import CONTENT, SegmentError, are_files_unchanged, write_fingerprints
from sosie.stores.local.snapshots.series import Series
from sosie.stores.local.sqlite_errors import translate_sqlite_errors
from sosie.stores.local.truth.database import Database, open_connection

FOLDER_NAME = "ann"
_LOCK = "building.lock"
T = TypeVar("T", bound=Sized)


class Snapshot(NamedTuple):
    """An entry of the table ``snapshot``: the segment's folder, its last write, and its number of rows.

    A segment has the rows that were set after the last write of the segment before it.
    """

    folder: str
    change: int
    rows: int


class Snapshots:
    """The segments of a store, of which some are open; thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folder = database.folder / FOLDER_NAME
        self._open: dict[str, Any] = {}
        self._lock = threading.Lock()

    def segments(self, connection: sqlite3.Connection, series: Series[Any]) -> list[Snapshot]:
        """The segments that a transaction may use, oldest first."""
        query = "SELECT folder, change, rows FROM snapshot WHERE name = ? ORDER BY change"
        return [Snapshot(*entry) for entry in connection.execute(query, (series.key,))]

    def opened(self, series: Series[T], segment: Snapshot) -> T | None:
        """The content of a segment, opened once; None if it is missing or damaged."""
        with self._lock:
            if segment.folder not in self._open:
                self._open[segment.folder] = _open(self._folder / segment.folder, series, segment.rows)
            held: T | None = self._open[segment.folder]
            return held

    def give_up(self, held: object) -> None:
        """Stops using the content of a segment after an error."""
        with self._lock:
            for folder in [folder for folder, other in self._open.items() if other is held]:
                self._open[folder] = None

    def close(self) -> None:
        """Closes open segments as soon as no search uses them."""
        with self._lock:
            self._open.clear()

    @contextmanager
    def building(self) -> Iterator[bool]:
        """Lets this process alone build segments inside the block; yields False if another process already does.

        The lock ends with its process.
        """
        self._folder.mkdir(exist_ok=True)
        with translate_sqlite_errors(self._folder), closing(open_connection(self._folder / _LOCK, "rwc", 0)) as lock:
            yield _is_locked_by(lock)

    def build(self, series: Series[Any], after: int, until: int) -> int:
        """Builds and publishes the segment of the rows that were set in a span of writes; only inside ``building``.

        Replaces older segments of this span. Returns the number of rows, 0 if all were deleted. Other processes can
        read and write meanwhile.
        """
        name = f"{quote(series.label, safe='@')}-{until}-{secrets.token_hex(4)}"
        aside = self._folder / f".{name}"
        aside.mkdir()
        rows = series.write(aside / CONTENT, self._database, after, until)
        if rows:
            write_fingerprints(aside)
            aside.rename(self._folder / name)
            if self.opened(series, Snapshot(name, until, rows)) is None:
                raise SegmentError(f"{name} cannot be opened")
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM snapshot WHERE name = ? AND change > ? AND change <= ?", (series.key, after, until)
            )
            if rows:
                connection.execute(
                    "INSERT INTO snapshot (folder, name, change, rows) VALUES (?, ?, ?, ?)",
                    (name, series.key, until, rows),
                )
            series.on_published(connection, after, until)
        return rows

    def forget(self, series: Series[Any]) -> None:
        """Stops using the segments of a series."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM snapshot WHERE name = ?", (series.key,))

    def strangers(self, connection: sqlite3.Connection, every: Sequence[Series[Any]]) -> list[str]:
        """Folders in the table that belong to no series, such as snapshots of earlier versions."""
        keys = {series.key for series in every}
        return [folder for folder, key in connection.execute("SELECT folder, name FROM snapshot") if key not in keys]

    def has_rubbish(self, connection: sqlite3.Connection, every: Sequence[Series[Any]]) -> bool:
        """True if there are unused folders."""
        return bool(self.strangers(connection, every) or self._rubbish(connection))

    def sweep(self, every: Sequence[Series[Any]]) -> None:
        """Removes unused folders; only inside ``building``. A process that has one open can still read it."""
        with self._database.write() as connection:
            strangers = self.strangers(connection, every)
            connection.executemany("DELETE FROM snapshot WHERE folder = ?", ((folder,) for folder in strangers))
            rubbish = self._rubbish(connection)
        with self._lock:
            for entry in rubbish:
                self._open.pop(entry.name, None)
        for entry in rubbish:
            shutil.rmtree(entry, ignore_errors=True)

    def is_sound(self, series: Series[Any], segment: Snapshot) -> bool:
        """True if every byte of a segment is unchanged and it can be opened."""
        opened = self.opened(series, segment)
        return are_files_unchanged(self._folder / segment.folder, thorough=True) and opened is not None

    def _rubbish(self, connection: sqlite3.Connection) -> list[Path]:
        named = {folder for (folder,) in connection.execute("SELECT folder FROM snapshot")}
        entries = self._folder.iterdir() if self._folder.is_dir() else ()
        return [entry for entry in entries if entry.is_dir() and entry.name not in named]


def _is_locked_by(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True


def _open(folder: Path, series: Series[T], rows: int) -> T | None:
    """The content of a segment, or None. Checks sizes first, because mapping a truncated file may kill the process."""
    if not are_files_unchanged(folder, thorough=False):
        return None
    try:
        held = series.open(folder / CONTENT)
    except SegmentError:
        return None
    return held if len(held) == rows else None
