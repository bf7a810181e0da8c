"""The status of every URL, in a SQLite file that only one run can open at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sosie.errors import StoreDamaged, StoreLocked, StoreUnavailable, StoreVersionError, UsageError
from sosie.sources.streamed import digest_of

WAITING, DONE, FAILED = 0, 1, 2
FILE_NAME = "state.db"
_VERSION = 1
_CACHE_KILOBYTES = 96_000
_CHECKPOINT_PAGES = 16_000
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE urls (
    id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE,
    url TEXT NOT NULL, host TEXT NOT NULL, status INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '', detail TEXT NOT NULL DEFAULT '', final_url TEXT NOT NULL DEFAULT '',
    etag TEXT NOT NULL DEFAULT '', last_modified TEXT NOT NULL DEFAULT '', sha256 TEXT, extension TEXT,
    bytes INTEGER, width INTEGER, height INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, fetched_at REAL
);
CREATE INDEX same_bytes ON urls (sha256, host) WHERE sha256 IS NOT NULL;
CREATE TABLE items (
    id INTEGER PRIMARY KEY, digest INTEGER NOT NULL UNIQUE,
    item_id TEXT NOT NULL, product_id TEXT NOT NULL, links TEXT NOT NULL,
    attributes TEXT NOT NULL, url INTEGER NOT NULL, urls TEXT, position INTEGER NOT NULL, run INTEGER NOT NULL
);
CREATE INDEX with_alternatives ON items (url) WHERE urls IS NOT NULL;
CREATE TABLE rejected (id INTEGER PRIMARY KEY, item_id TEXT NOT NULL, stage TEXT NOT NULL, reason TEXT NOT NULL);
"""


def text_key(text: str) -> int:
    """The index key of an item_id or URL. It is a number, so that the index of a million entries fits in memory."""
    return digest_of(text) - 2**63


class DownloadState:
    """An open state file. Only one process can open it. When the process ends, even by a kill, the file is free again.

    Changes are lost when the process ends, unless ``commit`` was called after them.
    """

    def __init__(self, folder: Path) -> None:
        """Opens or creates the state of a download folder.

        ``StoreLocked`` while another run uses it, ``StoreUnavailable`` if it cannot be written, ``StoreDamaged`` if the
        file is no state file, ``StoreVersionError`` for another format.
        """
        self.folder = folder
        with self.errors():
            folder.mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(folder / FILE_NAME, timeout=0.2, isolation_level="DEFERRED")
            self.execute = self.connection.execute
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    @contextmanager
    def filling(self) -> Iterator[None]:
        """Drops the index of waiting URLs while many are added, and builds it again at the end of the block."""
        self.execute("DROP INDEX IF EXISTS waiting")
        yield
        self.execute("CREATE INDEX waiting ON urls (host, id) WHERE status = 0")

    def add_url(self, url: str, host: str) -> tuple[bool, int, int]:
        """Adds a URL unless it exists. Returns whether it is new, its number and its status."""
        key = text_key(url)
        add = "INSERT INTO urls (digest, url, host) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING"
        added = self.execute(add, (key, url, host)).rowcount == 1
        number, status = self.execute("SELECT id, status FROM urls WHERE digest = ?", (key,)).fetchone()
        return added, int(number), int(status)

    def close(self) -> None:
        """Closes the file; uncommitted changes are lost."""
        self.connection.close()

    def commit(self) -> None:
        """Makes all changes durable."""
        with self.errors():
            self.connection.commit()

    def meta(self, key: str, default: str) -> str:
        """A stored setting, or ``default``."""
        row = self.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Stores a setting."""
        self.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def claim(self, keeping: str) -> None:
        """Records how pictures are stored; ``UsageError`` if the folder has pictures of another kind."""
        before = self.meta("keeping", keeping)
        if before != keeping:
            raise UsageError(
                f"{self.folder} holds pictures kept as {before!r}, and {keeping!r} was requested: use another folder, "
                "or the format and size of the first run"
            )
        self.set_meta("keeping", keeping)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Translates errors of SQLite and the disk inside the block."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._named(error) from error
        except OSError as error:
            raise StoreUnavailable(
                f"{self.folder} cannot be written: {error.strerror}; choose another folder"
            ) from error

    def _prepare(self) -> None:
        self.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.execute("PRAGMA journal_mode = WAL")
        self.execute("PRAGMA synchronous = NORMAL")
        self.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        self.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        self.execute("BEGIN IMMEDIATE")
        (version,) = self.execute("PRAGMA user_version").fetchone()
        if version not in (0, _VERSION):
            raise StoreVersionError(
                f"{self.folder} was written by another version of Sosie (format {version}, expected {_VERSION}): "
                "use the version that wrote it, or another folder"
            )
        if version == 0:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                self.execute(statement)
            self.execute(f"PRAGMA user_version = {_VERSION}")
        self.connection.commit()

    def _named(self, error: sqlite3.DatabaseError) -> Exception:
        text = str(error)
        if "locked" in text:
            return StoreLocked(f"another run of sosie fetch uses {self.folder}: wait until it has ended")
        if isinstance(error, sqlite3.OperationalError):
            return StoreUnavailable(f"{self.folder / FILE_NAME} cannot be written: {text}; make room, then run again")
        return StoreDamaged(
            f"{self.folder / FILE_NAME} is not the state of a download: {text}; move it away or use another folder"
        )
