"""The store's metadata: the manifest, the number of the last write, and the numbers of vector names."""

from __future__ import annotations

import json
import sqlite3
import uuid

from sosie.errors import ManifestConflict, StoreDamaged
from sosie.types import Manifest

MOST_PARSED = 16
_parsed: dict[str, Manifest] = {}
"""Parsed manifests by their state. A manifest with an adaptation has megabytes, and every search needs it."""


def manifest_of(connection: sqlite3.Connection) -> Manifest:
    """The manifest that this transaction sees; parsed once for each state."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'manifest state'").fetchone()
    if row is None:
        return read_manifest(connection)
    manifest = _parsed.get(row[0])
    if manifest is None:
        if len(_parsed) >= MOST_PARSED:
            _parsed.clear()
        manifest = _parsed[row[0]] = read_manifest(connection)
    return manifest


def read_manifest(connection: sqlite3.Connection) -> Manifest:
    """Reads the manifest in the file; ``StoreDamaged`` if it is invalid."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'manifest'").fetchone()
    try:
        return Manifest.from_dict(json.loads(row[0]))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(f"the store's manifest cannot be read ({error!r}): restore a backup") from error


def write_manifest(connection: sqlite3.Connection, manifest: Manifest) -> None:
    """Replaces the manifest, and gives it a new state."""
    values = [("manifest", json.dumps(manifest.to_dict())), ("manifest state", uuid.uuid4().hex)]
    connection.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", values)


def replace_manifest(connection: sqlite3.Connection, new: Manifest, expected: Manifest) -> None:
    """Compares and sets; ``ManifestConflict`` if the manifest is not the expected one."""
    if manifest_of(connection) != expected:
        raise ManifestConflict("the manifest was changed meanwhile: read it again and repeat the change")
    write_manifest(connection, new)


def change_of(connection: sqlite3.Connection) -> int:
    """The number of the last write that this transaction sees."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'change'").fetchone()
    if row is None or not isinstance(row[0], int):
        raise StoreDamaged("the store's number of writes cannot be read: run sosie check --repair, or restore a backup")
    return row[0]


def next_change(connection: sqlite3.Connection) -> int:
    """Starts a write: increments the number of the last write, and returns it."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'change'")
    return change_of(connection)


def vector_names(connection: sqlite3.Connection) -> dict[str, int]:
    """The number of every vector name in use."""
    return dict(connection.execute("SELECT full_name, name FROM vector_name"))


def number_of_name(connection: sqlite3.Connection, full_name: str) -> int:
    """The number of a vector name. A new name gets a number now."""
    connection.execute("INSERT OR IGNORE INTO vector_name (full_name) VALUES (?)", (full_name,))
    [number] = connection.execute("SELECT name FROM vector_name WHERE full_name = ?", (full_name,)).fetchone()
    return int(number)
