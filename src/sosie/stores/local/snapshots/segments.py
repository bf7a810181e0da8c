"""Which segments are built anew: what is new goes into one of its own, and small ones are merged.

A segment is merged with the next newer one where that is not much smaller, as log-structured merge trees do: adding n
items one by one writes each about log n times.
"""

from __future__ import annotations

import sqlite3
from typing import Any, NamedTuple

from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import Series
from sosie.stores.local.truth.meta import change_of

MERGED_UP_TO = 3
"""A segment is merged with what is newer unless it has more than so many times the rows."""

LEAST_ALIVE = 0.8
"""The share of a segment's rows below which it is built without those that are gone."""


class Span(NamedTuple):
    """What was set after one write and up to another, and how many rows that is."""

    after: int
    until: int
    rows: int


def segment_to_build(connection: sqlite3.Connection, series: Series[Any], snapshots: Snapshots) -> Span | None:
    """The next segment that is worth building, None where all are as they should be."""
    spans: list[Span] = []
    for segment in snapshots.segments(connection, series):
        after = spans[-1].until if spans else 0
        spans.append(Span(after, segment.change, series.count(connection, after, segment.change)))
        if snapshots.opened(series, segment) is None or spans[-1].rows < LEAST_ALIVE * segment.rows:
            return spans[-1]
    after, change = spans[-1].until if spans else 0, change_of(connection)
    newest = Span(after, change, series.count(connection, after, change))
    return _merged(spans, newest) if newest.rows > series.least else None


def are_segments_in_vain(connection: sqlite3.Connection, series: Series[Any], snapshots: Snapshots) -> bool:
    """Whether there are segments, and so few rows that they are searched as quickly without."""
    segments = snapshots.segments(connection, series)
    return bool(segments) and series.count(connection, 0, change_of(connection)) <= series.least


def _merged(older: list[Span], newest: Span) -> Span:
    while older and older[-1].rows <= MERGED_UP_TO * newest.rows:
        before = older.pop()
        newest = Span(before.after, newest.until, before.rows + newest.rows)
    return newest
