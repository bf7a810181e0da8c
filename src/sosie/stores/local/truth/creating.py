"""Creates the tables of a new ``catalog.db``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.truth import meta, schema
from sosie.stores.local.truth.database import open_connection
from sosie.types import Manifest


def create_file(file: Path, manifest: Manifest, settings: LocalSettings) -> None:
    """Creates an empty catalog, unless another process creates it at the same time."""
    with closing(open_connection(file, "rwc", settings.busy_seconds)) as connection:
        connection.execute(f"PRAGMA page_size = {schema.PAGE_SIZE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if settings.power_safe else 'OFF'}")
        _fill(connection, manifest)


def _fill(connection: sqlite3.Connection, manifest: Manifest) -> None:
    """Creates the tables in one transaction, unless another process has done so."""
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        for statement in schema.TABLES:
            connection.execute(statement)
        connection.execute("INSERT INTO meta (key, value) VALUES ('change', 0)")
        meta.write_manifest(connection, manifest)
        connection.execute(f"PRAGMA user_version = {schema.FORMAT_VERSION}")
        connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    connection.execute("COMMIT")
