"""Which segments of visual words are built anew: what is new goes into one of its own, and small ones are merged.

A segment is merged with the next newer one where that is not much smaller, as log-structured merge trees do: adding n
items one by one writes each about log n times.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.truth.meta import change_of
from sosie.stores.local.truth.vectors import Space
from sosie.stores.local.truth.words import count_between

MERGED_UP_TO = 3
"""A segment is merged with what is newer unless it has more than so many times the rows."""

LEAST_ALIVE = 0.8
"""The share of a segment's rows below which it is built without those that are gone."""


class Span(NamedTuple):
    """What was set after one write and up to another, and how many rows that is."""

    after: int
    until: int
    rows: int


def segment_to_build(
    connection: sqlite3.Connection, space: Space, snapshots: Snapshots, settings: LocalSettings
) -> Span | None:
    """The next segment that is worth building, None where all are as they should be."""
    segments = snapshots.segments(connection, space)
    spans: list[Span] = []
    for segment in segments:
        after = spans[-1].until if spans else 0
        spans.append(Span(after, segment.change, count_between(connection, space, after, segment.change)))
        if snapshots.inverted_file(segment) is None or spans[-1].rows < LEAST_ALIVE * segment.rows:
            return spans[-1]
    after, change = spans[-1].until if spans else 0, change_of(connection)
    newest = Span(after, change, count_between(connection, space, after, change))
    return _merged(spans, newest) if newest.rows > settings.tail_items else None


def _merged(older: list[Span], newest: Span) -> Span:
    while older and older[-1].rows <= MERGED_UP_TO * newest.rows:
        before = older.pop()
        newest = Span(before.after, newest.until, before.rows + newest.rows)
    return newest
