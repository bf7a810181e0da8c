"""Published snapshots: ``ann/NAME@GENERATION-CHANGE-TOKEN/``, built aside, published by a rename, never changed.

A snapshot counts only while the table ``snapshot`` names it: a folder that no row names is rubbish, and a database put
back from a copy forgets what was built after the copy was made.
"""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias
from urllib.parse import quote

from sosie.stores.local.snapshots.files import CONTENT, are_files_unchanged, write_fingerprints
from sosie.stores.local.snapshots.inverted import (
    InvertedFile,
    InvertedFileError,
    invert,
    open_inverted_file,
    write_inverted_file,
)
from sosie.stores.local.snapshots.zvec_index import SnapshotIndex, SnapshotIndexError, build_index
from sosie.stores.local.sqlite_errors import translate_sqlite_errors
from sosie.stores.local.truth.database import Database, may_write, open_connection
from sosie.stores.local.truth.meta import change_of
from sosie.stores.local.truth.vectors import Space, vectors_unchanged_since
from sosie.stores.local.truth.words import words_between

FOLDER_NAME = "ann"
_LOCK = "building.lock"


Opened: TypeAlias = SnapshotIndex | InvertedFile


class Snapshot(NamedTuple):
    """What the table says of a snapshot: its folder, the last write it saw, the rows it holds.

    Vectors of a name have one snapshot that holds them all. Visual words have several, its segments: each holds what
    was set after the last write that the segment before it saw.
    """

    folder: str
    change: int
    rows: int


class Snapshots:
    """The snapshots of one store, and those of them that are open. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._folder = database.folder / FOLDER_NAME
        self._open: dict[str, Opened | None] = {}
        self._lock = threading.Lock()

    def newest(self, connection: sqlite3.Connection, space: Space) -> Snapshot | None:
        """The snapshot that a transaction may use, if there is one."""
        query = "SELECT folder, change, rows FROM snapshot WHERE name = ? ORDER BY change DESC LIMIT 1"
        found = connection.execute(query, (space.name,)).fetchone()
        return found and Snapshot(*found)

    def segments(self, connection: sqlite3.Connection, space: Space) -> list[Snapshot]:
        """The segments that a transaction may use, oldest first."""
        query = "SELECT folder, change, rows FROM snapshot WHERE name = ? ORDER BY change"
        return [Snapshot(*found) for found in connection.execute(query, (space.name,))]

    def index(self, snapshot: Snapshot) -> SnapshotIndex | None:
        """The open index of a snapshot of vectors; None where it is gone or damaged, which is remembered."""
        found = self._opened(snapshot, _open_index)
        return found if isinstance(found, SnapshotIndex) else None

    def inverted_file(self, segment: Snapshot) -> InvertedFile | None:
        """The open inverted file of a segment; None where it is gone or damaged, which is remembered."""
        found = self._opened(segment, _open_words)
        return found if isinstance(found, InvertedFile) else None

    def give_up(self, snapshot: Snapshot) -> None:
        """Use a snapshot no more: it failed to answer."""
        with self._lock:
            self._open[snapshot.folder] = None

    def close(self) -> None:
        """Let go of the open indexes, as soon as no search uses them."""
        with self._lock:
            self._open.clear()

    @contextmanager
    def building(self) -> Iterator[bool]:
        """Be the only process that builds; False where another is at it. Ends with the process that holds it."""
        self._folder.mkdir(exist_ok=True)
        with translate_sqlite_errors(self._folder), closing(open_connection(self._folder / _LOCK, "rwc", 0)) as lock:
            yield _is_locked_by(lock)

    def build(self, full_name: str, space: Space) -> None:
        """Build and publish a snapshot of one vector name as it stands now; only inside ``building``."""
        with self._database.read() as connection:
            change = change_of(connection)
        blocks = self._blocks(space, change)
        self._publish(full_name, space, 0, change, lambda content: build_index(content, space.dim, blocks))

    def build_segment(self, full_name: str, space: Space, after: int, until: int) -> None:
        """Build and publish the segment of the visual words set after one write and up to another.

        It takes the place of the segments within; only inside ``building``.
        """
        blocks = words_between(self._database, space, after, until)
        self._publish(full_name, space, after, until, lambda content: write_inverted_file(content, map(invert, blocks)))

    def forget(self, space: Space) -> None:
        """Use no snapshot of this name any more."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM snapshot WHERE name = ?", (space.name,))

    def has_rubbish(self, connection: sqlite3.Connection) -> bool:
        """Whether there are folders that no row names."""
        return bool(self._rubbish(connection))

    def sweep(self) -> None:
        """Remove the folders that the table does not name; only inside ``building``. Who has one open reads on."""
        with self._database.read() as connection:
            rubbish = self._rubbish(connection)
        with self._lock:
            for entry in rubbish:
                self._open.pop(entry.name, None)
        for entry in rubbish:
            shutil.rmtree(entry, ignore_errors=True)

    def is_sound(self, snapshot: Snapshot, *, segment: bool = False) -> bool:
        """Whether every byte is the one that was written, and it can be opened."""
        opened = self.inverted_file(snapshot) if segment else self.index(snapshot)
        return are_files_unchanged(self._folder / snapshot.folder, thorough=True) and opened is not None

    def _publish(self, full_name: str, space: Space, after: int, change: int, build: Callable[[Path], int]) -> None:
        """Publish what ``build`` puts into a folder, in place of what was published of writes behind ``after``.

        No transaction is open while it is built, so that writers and readers go on.
        """
        name = f"{quote(full_name, safe='@')}-{change}-{secrets.token_hex(4)}"
        aside = self._folder / f".{name}"
        aside.mkdir()
        rows = build(aside / CONTENT)
        write_fingerprints(aside)
        aside.rename(self._folder / name)
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM snapshot WHERE name = ? AND change > ? AND change <= ?", (space.name, after, change)
            )
            connection.execute(
                "INSERT INTO snapshot (folder, name, change, rows) VALUES (?, ?, ?, ?)",
                (name, space.name, change, rows),
            )

    def _opened(self, snapshot: Snapshot, open_folder: Callable[[Path, int], Opened | None]) -> Opened | None:
        with self._lock:
            if snapshot.folder not in self._open:
                self._open[snapshot.folder] = open_folder(self._folder / snapshot.folder, snapshot.rows)
            return self._open[snapshot.folder]

    def _rubbish(self, connection: sqlite3.Connection) -> list[Path]:
        named = {folder for (folder,) in connection.execute("SELECT folder FROM snapshot")}
        entries = self._folder.iterdir() if self._folder.is_dir() else ()
        return [entry for entry in entries if entry.is_dir() and entry.name not in named]

    def _blocks(self, space: Space, change: int) -> Iterator[list[tuple[int, bytes]]]:
        row = 0
        while True:
            with self._database.read() as connection:
                block = vectors_unchanged_since(connection, space, change, row)
            if not block:
                return
            yield block
            row = block[-1][0]


def _is_locked_by(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise
    return True


def _open_index(folder: Path, rows: int) -> SnapshotIndex | None:
    """The index, or None. zvec dies of an emptied file, so sizes are compared before it sees them."""
    if not are_files_unchanged(folder, thorough=False):
        return None
    try:
        index = SnapshotIndex(folder / CONTENT) if may_write(folder) else _open_copy(folder / CONTENT)
        return index if index.number == rows else None
    except (SnapshotIndexError, OSError):
        return None


def _open_words(folder: Path, rows: int) -> InvertedFile | None:
    if not are_files_unchanged(folder, thorough=False):
        return None
    try:
        words = open_inverted_file(folder / CONTENT)
        return words if len(words) == rows else None
    except InvertedFileError:
        return None


def _open_copy(folder: Path) -> SnapshotIndex:
    """zvec opens its files to write even where it only reads; what is open outlives the temporary folder."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as other:
        return SnapshotIndex(Path(shutil.copytree(folder, Path(other) / CONTENT, copy_function=shutil.copyfile)))
