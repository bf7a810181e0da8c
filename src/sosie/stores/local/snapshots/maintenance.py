"""Maintains segments: builds those that are needed, and removes unused ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sosie.errors import StoreUnavailable
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.segments import are_segments_in_vain, segment_to_build
from sosie.stores.local.snapshots.series import Series, every_series
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.item_changes import are_changes_kept, keep_changes
from sosie.stores.local.truth.reading import count


def update_snapshots(database: Database, snapshots: Snapshots, settings: LocalSettings) -> None:
    """Builds the segments that are needed and removes unused ones. Does nothing while another process does so.

    ``StoreUnavailable`` if segments cannot be written; searches are correct without them.
    """
    with database.read() as connection:
        every = list(every_series(connection, settings))
        wanted = any(
            are_segments_in_vain(connection, series, snapshots) or segment_to_build(connection, series, snapshots)
            for series in every
        )
        lacks_changes = not are_changes_kept(connection) and count(connection, None) > settings.tail_rows
        if not wanted and not lacks_changes and not snapshots.has_rubbish(connection, every):
            return
    try:
        with snapshots.building() as alone:
            if alone:
                every = _kept_up(database, settings) if lacks_changes else every
                for series in every:
                    _update(database, snapshots, series, settings.spare_bytes)
                snapshots.sweep(every)
    except (SegmentError, OSError) as error:
        raise StoreUnavailable(
            f"the segments of {database.folder} could not be built ({error}): check disk and permissions and run "
            "sosie optimize; until then searches are correct, but slower"
        ) from error


def _kept_up(database: Database, settings: LocalSettings) -> list[Series[Any]]:
    """All series of segments. In a store of an earlier version, changes of items are recorded from now on."""
    with database.write() as connection:
        if not are_changes_kept(connection):
            keep_changes(connection)
        return list(every_series(connection, settings))


def _update(database: Database, snapshots: Snapshots, series: Series[Any], spare_bytes: int) -> None:
    with database.read() as connection:
        in_vain = are_segments_in_vain(connection, series, snapshots)
    if in_vain:
        snapshots.forget(series)
    while True:
        with database.read() as connection:
            span = segment_to_build(connection, series, snapshots)
        if span is None:
            return
        _check_room(database.folder, series.max_bytes_per_row * span.rows, spare_bytes)
        if not snapshots.build(series, span.after, span.until) and span.rows:
            return  # The counted rows are gone or unreadable.


def _check_room(folder: Path, needed: int, spare: int) -> None:
    """Raises ``OSError`` if a segment may not fit: writing to mapped files on a full disk kills the process."""
    needed += spare
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(f"{needed >> 20} MB of free disk are needed, {free >> 20} MB are free")
