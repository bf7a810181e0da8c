"""Connections and transactions: one connection for each active thread, one writer at a time."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sosie.errors import StoreUnavailable
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.sqlite_errors import translate_sqlite_errors

FILE_NAME = "catalog.db"
_READ = "BEGIN"
_PRAGMAS = (
    "cache_size = -16384",
    "temp_store = MEMORY",
    "journal_size_limit = 67108864",
    "wal_autocheckpoint = 8192",
)


class Database:
    """The file ``catalog.db`` of a store; thread-safe: each transaction has its own connection.

    WAL mode is used. Committed data survives a killed process and, with ``synchronous = FULL``, a power failure.
    """

    def __init__(self, folder: Path, settings: LocalSettings) -> None:
        self.folder = folder
        self._settings = settings
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        self._identity = _identity_of(self.file)

    @property
    def settings(self) -> LocalSettings:
        """The settings of the store."""
        return self._settings

    @property
    def file(self) -> Path:
        """The SQLite file."""
        return self.folder / FILE_NAME

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A reading transaction. From its first statement on, it sees an unchanging state of the store."""
        with self._transaction(_READ) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The writing transaction, one at a time. Commits at the end of the block, rolls back if it raises."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def bare(self) -> Iterator[sqlite3.Connection]:
        """A connection outside any transaction, for PRAGMA and the like."""
        with translate_sqlite_errors(self.folder):
            connection = self._borrow()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Closes every connection; a connection in use is closed when it is returned."""
        with self._lock:
            self._closed = True
        self._close_idle()

    def renew(self) -> None:
        """Opens the file that replaced the opened file."""
        self._close_idle()
        self._identity = _identity_of(self.file)

    def _close_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def is_in_place(self) -> bool:
        """True if the opened file is still at its path."""
        return _identity_of(self.file) == self._identity

    def _check_in_place(self, when: str) -> None:
        """Raises ``StoreUnavailable`` if the store's file was replaced or removed."""
        if not self.is_in_place():
            raise StoreUnavailable(
                f"the store {self.folder} was moved, deleted or replaced {when}: open it again where it is now"
            )

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self.bare() as connection:
            connection.execute(begin)
            try:
                self._check_in_place("since it was opened")
                yield connection
                if begin != _READ:
                    connection.execute("COMMIT")
                    self._check_in_place("while it was written, so that the write may be lost")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            if self._closed:
                raise StoreUnavailable(f"the store {self.folder} was closed: open it again")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = open_connection(self.file, access_mode(self.file), self._settings.busy_seconds)
        synchronous = "FULL" if self._settings.power_safe else "OFF"
        for pragma in (f"synchronous = {synchronous}", *_PRAGMAS):
            connection.execute(f"PRAGMA {pragma}")
        return connection


def open_connection(file: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    """A connection without implicit transactions; ``mode`` as in SQLite's URI file names."""
    uri = f"{file.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, timeout=busy_seconds, isolation_level=None, check_same_thread=False, uri=True)


def access_mode(file: Path) -> str:
    """How the file can be opened: for writing, or only for reading.

    In WAL mode even readers need a file beside the database. In a read-only folder the database is therefore opened as
    immutable, if its log is empty.
    """
    if may_write(file.parent) and may_write(file):
        return "rw"
    log = file.with_name(file.name + "-wal")
    return "ro" if log.exists() and log.stat().st_size else "ro&immutable=1"


def _identity_of(file: Path) -> tuple[int, int] | None:
    """Identifies a file, so that another file at the same path can be distinguished; None if there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def may_write(path: Path) -> bool:
    """True if this process may write to a file or folder."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
