"""Maintenance of snapshots: which are built, which are given up, and when."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from sosie.errors import StoreUnavailable
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.segments import Span, segment_to_build
from sosie.stores.local.snapshots.zvec_index import SnapshotIndexError
from sosie.stores.local.truth import meta
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.vectors import Space, count_changed_since
from sosie.stores.local.truth.words import words_space
from sosie.types import VISUAL_WORDS

BYTES_A_NUMBER = 6
"""Three times what a number takes in half precision; a finished snapshot takes little more than once."""

BYTES_AN_ITEM = 16_384
"""More than twice what the visual words of an item with many points take in a segment."""


def update_snapshots(database: Database, snapshots: Snapshots, settings: LocalSettings) -> None:
    """Build the snapshots that are needed and remove the rest, unless another process is at it.

    ``StoreUnavailable`` where they cannot be written; searches are right without them.
    """
    with database.read() as connection:
        spaces = _spaces(connection)
        wanting = [name for name, space in spaces.items() if _needs_snapshot(connection, space, snapshots, settings)]
        segment = _segment_to_build(connection, snapshots, settings)
        rubbish = snapshots.has_rubbish(connection)
    if not wanting and not segment and not rubbish:
        return
    try:
        with snapshots.building() as alone:
            if alone:
                _renew(database, snapshots, settings, {name: spaces[name] for name in wanting})
                _build_segments(database, snapshots, settings)
                snapshots.sweep()
    except (SnapshotIndexError, OSError) as error:
        raise StoreUnavailable(
            f"the snapshots of {database.folder} could not be built ({error}): look at disk and permissions and run "
            "sosie optimize; until then searches are right, but slower"
        ) from error


def _renew(database: Database, snapshots: Snapshots, settings: LocalSettings, wanting: Mapping[str, Space]) -> None:
    """Build, or give up, the snapshots that still want it now that no other process builds."""
    for name, space in wanting.items():
        with database.read() as connection:
            rows = count_changed_since(connection, space, 0)
            wanted = _needs_snapshot(connection, space, snapshots, settings)
        if wanted and rows > settings.tail_rows:
            _check_room(database.folder, BYTES_A_NUMBER * rows * space.dim, settings.spare_bytes)
            snapshots.build(name, space)
        elif wanted:
            snapshots.forget(space)


def _build_segments(database: Database, snapshots: Snapshots, settings: LocalSettings) -> None:
    while True:
        with database.read() as connection:
            space, span = words_space(connection), _segment_to_build(connection, snapshots, settings)
        if space is None or span is None:
            return
        _check_room(database.folder, BYTES_AN_ITEM * span.rows, settings.spare_bytes)
        snapshots.build_segment(VISUAL_WORDS, space, span.after, span.until)


def _segment_to_build(connection: sqlite3.Connection, snapshots: Snapshots, settings: LocalSettings) -> Span | None:
    space = words_space(connection)
    return None if space is None else segment_to_build(connection, space, snapshots, settings)


def _check_room(folder: Path, needed: int, spare: int) -> None:
    """``OSError`` where a snapshot may not fit: on a full disk, who writes to mapped files is killed."""
    needed += spare
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(f"{needed >> 20} MB of free disk are needed, {free >> 20} MB are there")


def _spaces(connection: sqlite3.Connection) -> dict[str, Space]:
    dims = meta.manifest_of(connection).vectors
    numbers = meta.vector_names(connection)
    return {name: Space(number, dims[name]) for name, number in numbers.items() if name in dims}


def _needs_snapshot(
    connection: sqlite3.Connection, space: Space, snapshots: Snapshots, settings: LocalSettings
) -> bool:
    """Whether the tail is too long, the snapshot is damaged, or more than half of what it holds is gone."""
    snapshot = snapshots.newest(connection, space)
    if snapshot is None:
        return count_changed_since(connection, space, 0) > settings.tail_rows
    tail = count_changed_since(connection, space, snapshot.change)
    alive = count_changed_since(connection, space, 0) - tail
    return tail > settings.tail_rows or 2 * alive < snapshot.rows or snapshots.index(snapshot) is None
