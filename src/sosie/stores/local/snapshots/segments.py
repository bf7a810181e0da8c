"""Chooses the next segment to build. New rows get their own segment, and small segments are merged.

A segment is merged with the next newer one unless the newer one is much smaller, as in log-structured merge trees. So
adding n items one by one writes each of them about log n times.
"""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import Series
from sosie.stores.local.truth.meta import change_of

MERGED_UP_TO = 3
"""A segment with more than this many times the newer rows is not merged with them."""

LEAST_ALIVE = 0.8
"""A segment is rebuilt if less than this share of its rows still exists."""


class Span(NamedTuple):
    """A span of writes, and the number of rows that were set in it."""

    after: int
    until: int
    rows: int


def segment_to_build(connection: sqlite3.Connection, series: Series[Any], snapshots: Snapshots) -> Span | None:
    """The next segment that is worth building; None if there is none."""
    spans: list[Span] = []
    for segment in snapshots.segments(connection, series):
        after = spans[-1].until if spans else 0
        spans.append(Span(after, segment.change, series.count(connection, after, segment.change)))
        if snapshots.opened(series, segment) is None or spans[-1].rows < LEAST_ALIVE * segment.rows:
            return spans[-1]
    after, change = spans[-1].until if spans else 0, change_of(connection)
    newest = Span(after, change, series.count(connection, after, change))
    return _merged(spans, newest) if newest.rows > series.min_rows else None


def are_segments_in_vain(connection: sqlite3.Connection, series: Series[Any], snapshots: Snapshots) -> bool:
    """True if there are segments, but so few rows that search is as fast without segments."""
    segments = snapshots.segments(connection, series)
    return bool(segments) and series.count(connection, 0, change_of(connection)) <= series.min_rows


def _merged(older: list[Span], newest: Span) -> Span:
    while older and older[-1].rows <= MERGED_UP_TO * newest.rows:
        before = older.pop()
        newest = Span(before.after, newest.until, before.rows + newest.rows)
    return newest
