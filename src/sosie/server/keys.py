"""API keys, stored as hashes."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from sosie.errors import UsageError

Scope: TypeAlias = Literal["read", "write"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "sosie_"
_SECRET_BYTES = 32
_LOCK_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Key:
    """The stored part of a key. Its secret has 256 random bits, so a plain SHA-256 is safe.

    ``catalogs`` are the names of the catalogs that the key opens; empty for all.
    """

    key_id: str
    name: str
    scopes: tuple[Scope, ...]
    sha256: str
    created: str
    catalogs: tuple[str, ...] = ()

    def opens(self, catalog: str | None) -> bool:
        """True if the key opens this catalog; None means all catalogs of the server."""
        return not self.catalogs or catalog in self.catalogs


class KeyRing:
    """The keys in a file. Changes by another process take effect at the next request."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._by_hash: dict[str, Key] = {}

    def add(self, name: str, scopes: Sequence[Scope], catalogs: Sequence[str] = ()) -> tuple[Key, str]:
        """Creates a key; returns it with its text, which is not stored. ``UsageError`` without a scope."""
        if not scopes or set(scopes) - set(SCOPES):
            raise UsageError(f"scopes {list(scopes)}: expected one or both of {', '.join(SCOPES)}")
        key_id, secret = secrets.token_hex(4), secrets.token_urlsafe(_SECRET_BYTES)
        text = f"{PREFIX}{key_id}_{secret}"
        created = datetime.now(UTC).isoformat(timespec="seconds")
        key = Key(key_id, name, tuple(dict.fromkeys(scopes)), _hash(text), created, tuple(dict.fromkeys(catalogs)))
        with self._changing():
            self._write([*self.all(), key])
        return key, text

    def remove(self, key_id: str) -> bool:
        """Removes a key; returns True if there was a key with this id."""
        with self._changing():
            before = self.all()
            after = [key for key in before if key.key_id != key_id]
            if len(after) < len(before):
                self._write(after)
        return len(after) < len(before)

    def all(self) -> list[Key]:
        """Every key, oldest first; ``UsageError`` if the file is not a key file."""
        with self._lock:
            self._reload()
            return list(self._by_hash.values())

    def find(self, text: str) -> Key | None:
        """The key with this text; None if there is none."""
        with self._lock:
            self._reload()
            return self._by_hash.get(_hash(text))

    def _reload(self) -> None:
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._by_hash = {key.sha256: key for key in self._read()} if stamp else {}
        self._seen = stamp

    def _stamp(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ino

    def _read(self) -> list[Key]:
        try:
            rows = json.loads(self.path.read_text(encoding="utf-8"))
            return [_key_of(row) for row in rows]
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(
                f"{self.path} is not a key file: {error}; expected a file that `sosie keys add` wrote"
            ) from error

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Locks the file against changes by other processes. SQLite's lock is portable, and ends with its process."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            with closing(sqlite3.connect(lock, timeout=_LOCK_SECONDS, isolation_level=None)) as connection:
                connection.execute("BEGIN EXCLUSIVE")
                yield
        except sqlite3.Error as error:
            raise UsageError(f"cannot change the keys, {lock}: {error}; check the folder, and repeat") from error

    def _write(self, keys: Sequence[Key]) -> None:
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([_row_of(key) for key in keys], file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(self.path)


def _key_of(row: dict[str, Any]) -> Key:
    catalogs = {"catalogs": [], **row}["catalogs"]
    if not isinstance(catalogs, list):
        raise TypeError(f"catalogs is {catalogs!r}, and not a list")
    return Key(**{**row, "scopes": tuple(row["scopes"]), "catalogs": tuple(catalogs)})


def _row_of(key: Key) -> dict[str, Any]:
    """The key as JSON. If ``catalogs`` is empty, it is left out, so that earlier versions can read the key."""
    return {name: value for name, value in asdict(key).items() if name != "catalogs" or value}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
