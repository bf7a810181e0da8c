"""Opens the store in a folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sosie.errors import StoreDamaged, StoreNotFound, StoreUnavailable, StoreVersionError, UsageError
from sosie.stores.base import Store
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.published import FOLDER_NAME
from sosie.stores.local.sqlite_errors import translate_sqlite_errors
from sosie.stores.local.store import LocalStore
from sosie.stores.local.truth import meta, schema
from sosie.stores.local.truth.creating import create_file
from sosie.stores.local.truth.database import FILE_NAME, Database, access_mode, open_connection
from sosie.types import CheckReport, Manifest

PHOTO_CACHE = "photos.cache"
"""A cache for learning, in a file beside the database. It may be deleted at any time."""

_OWN = {
    *(name + ending for name in (FILE_NAME, PHOTO_CACHE) for ending in ("", "-wal", "-shm", "-journal")),
    FOLDER_NAME,
}


def open_local(folder: Path, create: Manifest | None = None, settings: LocalSettings | None = None) -> Store:
    """Opens the store in ``folder``. With ``create``, a new store with this manifest is created if there is none.

    - ``StoreNotFound``: there is no store.
    - ``StoreVersionError``: the store has another format.
    - ``StoreDamaged``: the store cannot be read.
    - ``StoreUnavailable``: the folder cannot be created or written.
    - ``UsageError``: a new store would be created in a folder with other files.
    """
    chosen = settings or LocalSettings()
    with translate_sqlite_errors(folder), _paths_translated(folder):
        if _is_empty(folder, chosen):
            if create is None:
                raise StoreNotFound(f"there is no store at {folder}: index into it first, or check the path")
            _create(folder, create, chosen)
        with closing(
            open_connection(folder / FILE_NAME, access_mode(folder / FILE_NAME), chosen.busy_seconds)
        ) as connection:
            _check_version(connection, folder)
    return LocalStore(Database(folder, chosen), chosen)


def salvage_local(folder: Path, settings: LocalSettings | None = None) -> CheckReport:
    """Salvages the readable part of a store that cannot be opened; ``StoreDamaged`` if nothing is readable."""
    from sosie.stores.local.check.salvage import salvage

    with translate_sqlite_errors(folder), _paths_translated(folder):
        saved = salvage(folder / FILE_NAME, settings or LocalSettings())
    return CheckReport(saved.items, tuple(saved.problems), (saved.sentence,))


def _is_empty(folder: Path, settings: LocalSettings) -> bool:
    """True if there is no store: no file, or an empty one because its creator was killed."""
    file = folder / FILE_NAME
    if not file.exists():
        return True
    with closing(open_connection(file, access_mode(file), settings.busy_seconds)) as connection:
        [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not tables


def _create(folder: Path, manifest: Manifest, settings: LocalSettings) -> None:
    if manifest.format_version != schema.FORMAT_VERSION:
        raise StoreVersionError(_version_message(folder, manifest.format_version))
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"cannot create a store at {folder}: it is a file; give a folder, such as shop.sosie")
    folder.mkdir(parents=True, exist_ok=True)
    other_files = sorted({entry.name for entry in folder.iterdir()} - _OWN)
    if other_files:
        raise UsageError(f"cannot create a store in {folder}: it contains {other_files[0]!r}; give a new folder")
    create_file(folder / FILE_NAME, manifest, settings)


def _check_version(connection: sqlite3.Connection, folder: Path) -> None:
    [application] = connection.execute("PRAGMA application_id").fetchone()
    if application != schema.APPLICATION_ID:
        raise StoreDamaged(f"{folder / FILE_NAME} was not written by Sosie: check the path, or give a new folder")
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version != schema.FORMAT_VERSION:
        raise StoreVersionError(_version_message(folder, version))
    manifest_version = meta.read_manifest(connection).format_version
    if manifest_version != schema.FORMAT_VERSION:
        raise StoreVersionError(_version_message(folder, manifest_version))


def _version_message(folder: Path, version: int) -> str:
    return (
        f"the store {folder} has format {version}, and this version of Sosie reads format {schema.FORMAT_VERSION}: "
        "use the version that wrote it, or index again into another folder"
    )


@contextmanager
def _paths_translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            f"cannot use the folder {folder} ({error.strerror or error}): check its permissions"
        ) from error
