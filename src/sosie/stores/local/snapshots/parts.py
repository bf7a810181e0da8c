"""The inverted files that together hold the visual words of every item: segments, and in memory what they lack."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.inverted import InvertedFile, Scores, invert
from sosie.stores.local.snapshots.places import Places, superseded_places
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import words_of
from sosie.stores.local.truth.spans import Space
from sosie.stores.local.truth.vectors import Rows
from sosie.stores.local.truth.words import words_set_between
from sosie.support.visual_words import WordsQuery

MOST_IN_MEMORY = 8
"""So many files in memory are merged into one: each search after a write adds one."""


class Part(NamedTuple):
    """An inverted file, and the places in it of items that a newer part holds anew."""

    words: InvertedFile
    superseded: Places

    def scores(self, query: WordsQuery) -> tuple[Rows, Scores]:
        """The rows that get votes, and what they get."""
        scores = self.words.scores(query)
        scores[self.superseded] = 0
        voted = np.flatnonzero(scores)
        return self.words.rows[voted], scores[voted]


class _Range(NamedTuple):
    """What was set after one write and up to another, in memory."""

    after: int
    until: int
    words: InvertedFile


class WordParts:
    """The parts of one store; threads may share it."""

    def __init__(self, snapshots: Snapshots, settings: LocalSettings) -> None:
        self._snapshots = snapshots
        self._settings = settings
        self._ranges: tuple[_Range, ...] = ()
        self._parts: tuple[Part, ...] = ()
        self._lock = threading.Lock()

    def at(self, connection: sqlite3.Connection, space: Space, change: int) -> Sequence[Part]:
        """The parts in a transaction that sees write ``change``, oldest first."""
        files, after = list[InvertedFile](), 0
        series = words_of(space, self._settings)
        for segment in self._snapshots.segments(connection, series):
            file = self._snapshots.opened(series, segment)
            files += [_read(connection, space, after, segment.change)] if file is None else [file]
            after = segment.change
        files += self._newest(connection, space, after, change)
        with self._lock:
            if [id(part.words) for part in self._parts] != [id(file) for file in files]:
                places = superseded_places([file.rows for file in files])
                self._parts = tuple(map(Part, files, places))
            return self._parts

    def _newest(self, connection: sqlite3.Connection, space: Space, after: int, change: int) -> list[InvertedFile]:
        """What was set since the last segment; kept in memory for the next search unless it is too much."""
        with self._lock:
            held = self._ranges
        if not held or held[0].after != after or held[-1].until > change or len(held) > MOST_IN_MEMORY:
            held = ()
        last = held[-1].until if held else after
        if last < change:
            held = (*held, _Range(last, change, _read(connection, space, last, change)))
            if sum(len(part.words) for part in held) <= self._settings.cached_rows:
                with self._lock:
                    self._ranges = held
        return [part.words for part in held if len(part.words)]


def _read(connection: sqlite3.Connection, space: Space, after: int, until: int) -> InvertedFile:
    return invert(chain.from_iterable(words_set_between(connection, space, after, until)))
