"""When a snapshot is built, and when it is in the way."""

from __future__ import annotations

import sqlite3

from sosie.stores.local import meta
from sosie.stores.local.database import Database
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots import Snapshots
from sosie.stores.local.vectors import Space, number_since


def optimize(database: Database, snapshots: Snapshots, settings: LocalSettings) -> None:
    """Build the snapshots that are needed and remove the rest, unless another process is at it."""
    with database.read() as connection:
        spaces = _spaces(connection)
        wanting = [name for name, space in spaces.items() if _is_wanting(connection, space, snapshots, settings)]
        rubbish = snapshots.has_rubbish(connection)
    if not wanting and not rubbish:
        return
    with snapshots.building() as alone:
        for name in wanting if alone else ():
            with database.read() as connection:
                wanted = number_since(connection, spaces[name], 0) > settings.tail_rows
                still = _is_wanting(connection, spaces[name], snapshots, settings)
            if still and wanted:
                snapshots.build(name, spaces[name])
            elif still:
                snapshots.forget(spaces[name])
        if alone:
            snapshots.sweep()


def _spaces(connection: sqlite3.Connection) -> dict[str, Space]:
    dims = meta.manifest_of(connection).vectors
    numbers = meta.vector_names(connection)
    return {name: Space(number, dims[name]) for name, number in numbers.items() if name in dims}


def _is_wanting(connection: sqlite3.Connection, space: Space, snapshots: Snapshots, settings: LocalSettings) -> bool:
    """Whether the tail is too long, the snapshot is damaged, or more than half of what it holds is gone."""
    snapshot = snapshots.newest(connection, space)
    if snapshot is None:
        return number_since(connection, space, 0) > settings.tail_rows
    tail = number_since(connection, space, snapshot.change)
    alive = number_since(connection, space, 0) - tail
    return tail > settings.tail_rows or 2 * alive < snapshot.rows or snapshots.engine(snapshot) is None
