"""Translates SQLite's errors to Sosie's errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sosie.errors import StoreDamaged, StoreError, StoreLocked, StoreReadOnly, StoreUnavailable

_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_TOOBIG}
_SIGNS = ("could not decode to utf-8", "no such table", "no such column", "malformed", "vtable constructor failed")
"""If one of Sosie's statements raises an error with such a text, the file must be damaged."""

_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and repeat. What was acknowledged is kept",
    sqlite3.SQLITE_IOERR: "the disk reports errors, or is full; check it and repeat",
    sqlite3.SQLITE_CANTOPEN: "its files cannot be opened; check the permissions of the folder",
    sqlite3.SQLITE_PERM: "its files may not be used; check the permissions of the folder",
}


@contextmanager
def translate_sqlite_errors(folder: Path) -> Iterator[None]:
    """Raises SQLite's errors inside the block as ``StoreError``."""
    try:
        yield
    except sqlite3.Error as error:
        meaning = store_error(error, folder)
        if meaning is None:
            raise
        raise meaning from error


def is_damage(error: sqlite3.Error) -> bool:
    """True if an error means that the file, or a part of it, is damaged."""
    code = getattr(error, "sqlite_errorcode", 0)
    text = str(error).lower()
    return code & 0xFF in _DAMAGED or code == sqlite3.SQLITE_IOERR_SHORT_READ or any(sign in text for sign in _SIGNS)


def store_error(error: sqlite3.Error, folder: Path) -> StoreError | None:
    """The ``StoreError`` for an error of SQLite; None if the calling code is at fault."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _LOCKED:
        return StoreLocked(f"another process writes to the store {folder} and did not finish in time: repeat later")
    if is_damage(error):
        return StoreDamaged(
            f"the store {folder} is damaged ({error}): sosie check --repair saves what can be read, or restore a backup"
        )
    if code == sqlite3.SQLITE_READONLY:
        return StoreReadOnly(f"the store {folder} is read-only: make folder and files writable, or work on a copy")
    if code in _ADVICE:
        return StoreUnavailable(f"the store {folder} cannot be used: {_ADVICE[code]} ({error})")
    return None
