"""Backs up a local store to one file, also while other processes write, and restores it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from sosie.errors import StoreDamaged, StoreNotFound, StoreVersionError, UsageError
from sosie.stores.local.files import put_in_place, remove_database
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.published import FOLDER_NAME
from sosie.stores.local.sqlite_errors import translate_sqlite_errors
from sosie.stores.local.truth import schema
from sosie.stores.local.truth.database import FILE_NAME, access_mode, open_connection

REPLACED = ".replaced"
_BUSY_SECONDS = LocalSettings().busy_seconds


def back_up(folder: Path, file: Path) -> int:
    """Writes the store into a file, also while other processes read and write; returns the number of items.

    The file is replaced when the backup is complete. ``UsageError`` if the file exists and is not a backup.
    """
    store = folder / FILE_NAME
    if not store.exists():
        raise StoreNotFound(f"there is no store at {folder}: check the path")
    if file.exists() and not is_backup(file):
        raise UsageError(f"{file} exists and is not a backup of Sosie: give another file")
    new = file.with_name(f"{file.name}.part")
    remove_database(new)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            translate_sqlite_errors(folder),
            closing(open_connection(store, access_mode(store), _BUSY_SECONDS)) as source,
            closing(open_connection(new, "rwc", _BUSY_SECONDS)) as target,
        ):
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE")
            items = _examined(target, folder)
        put_in_place(new, file, REPLACED)
    finally:
        remove_database(new)
    remove_database(file.with_name(file.name + REPLACED))
    return items


def restore(file: Path, folder: Path, replace: bool = False) -> int:
    """Creates a store from a backup; returns its number of items.

    With ``replace`` an existing store is replaced, and its database is kept as ``catalog.db.replaced``. ``UsageError``
    if a store exists and ``replace`` is not set; ``StoreDamaged`` if the backup cannot be used.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}: give a file that `sosie backup` wrote")
    store = folder / FILE_NAME
    if store.exists() and not replace:
        raise UsageError(f"there is a store at {folder}: give a new folder, or add --replace")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"cannot create a store at {folder}: it is a file")
    with translate_sqlite_errors(file), closing(open_connection(file, "ro&immutable=1", _BUSY_SECONDS)) as connection:
        items = _examined(connection, file)
    folder.mkdir(parents=True, exist_ok=True)
    new = store.with_name(f"{FILE_NAME}.restored")
    try:
        shutil.copyfile(file, new)
        with closing(open_connection(new, "rw", _BUSY_SECONDS)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("DELETE FROM snapshot")
        put_in_place(new, store, REPLACED)
    finally:
        remove_database(new)
    shutil.rmtree(folder / FOLDER_NAME, ignore_errors=True)
    return items


def is_backup(file: Path) -> bool:
    """True if the file is a database of Sosie."""
    try:
        with closing(open_connection(file, "ro&immutable=1", _BUSY_SECONDS)) as connection:
            return _application(connection) == schema.APPLICATION_ID
    except sqlite3.Error:
        return False


def _examined(connection: sqlite3.Connection, place: Path) -> int:
    """The number of items in a database; ``StoreDamaged`` or ``StoreVersionError`` if it cannot be used."""
    if _application(connection) != schema.APPLICATION_ID:
        raise StoreDamaged(f"{place} was not written by Sosie: give a file that `sosie backup` wrote")
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version != schema.FORMAT_VERSION:
        raise StoreVersionError(f"{place} has format {version}; this version reads format {schema.FORMAT_VERSION}")
    [answer] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise StoreDamaged(
            f"{place} is damaged ({answer}): repair a store with sosie check --repair, or use another backup"
        )
    [items] = connection.execute("SELECT count(*) FROM item").fetchone()
    return int(items)


def _application(connection: sqlite3.Connection) -> int:
    [application] = connection.execute("PRAGMA application_id").fetchone()
    return int(application)
