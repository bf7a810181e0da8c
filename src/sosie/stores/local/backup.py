"""Backups of a local store: one file, consistent while the store is written, and a store again from such a file."""

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
    """Write the store as it stands now into one file, beside others who read and write; how many items it holds.

    The file is complete before it takes its place. ``UsageError`` where something else than a backup lies there.
    """
    store = folder / FILE_NAME
    if not store.exists():
        raise StoreNotFound(f"there is no store at {folder}: look at the path")
    if file.exists() and not is_backup(file):
        raise UsageError(f"{file} is there and is no backup of Sosie's: name another file")
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
    """Make a store of a backup; how many items it holds.

    With ``replace`` it takes the place of one that is there, whose database is kept as ``catalog.db.replaced``.
    ``UsageError`` where a store is there and ``replace`` is not set, ``StoreDamaged`` where the file cannot be used.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}: name what `sosie backup` wrote")
    store = folder / FILE_NAME
    if store.exists() and not replace:
        raise UsageError(f"there is a store at {folder}: name a new folder, or add --replace")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"cannot make a store at {folder}: it is a file")
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
    """Whether the file is a database of Sosie's."""
    try:
        with closing(open_connection(file, "ro&immutable=1", _BUSY_SECONDS)) as connection:
            return _application(connection) == schema.APPLICATION_ID
    except sqlite3.Error:
        return False


def _examined(connection: sqlite3.Connection, place: Path) -> int:
    """How many items a database holds; ``StoreDamaged`` or ``StoreVersionError`` where it cannot be used."""
    if _application(connection) != schema.APPLICATION_ID:
        raise StoreDamaged(f"{place} was not written by Sosie: name what `sosie backup` wrote")
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version != schema.FORMAT_VERSION:
        raise StoreVersionError(f"{place} has format {version}; this version reads format {schema.FORMAT_VERSION}")
    [answer] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise StoreDamaged(
            f"{place} is damaged ({answer}): sosie check --repair mends a store; else use another backup"
        )
    [items] = connection.execute("SELECT count(*) FROM item").fetchone()
    return int(items)


def _application(connection: sqlite3.Connection) -> int:
    [application] = connection.execute("PRAGMA application_id").fetchone()
    return int(application)
