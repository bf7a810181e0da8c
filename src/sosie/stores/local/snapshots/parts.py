"""The visual words of all items, as inverted files: segments, and newer items in memory."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.held import Held
from sosie.stores.local.snapshots.inverted import InvertedFile, Scores, invert
from sosie.stores.local.snapshots.places import Places, superseded_places
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import words_series
from sosie.stores.local.truth.spans import Space
from sosie.stores.local.truth.vectors import Rows
from sosie.stores.local.truth.words import words_set_between, words_space
from sosie.support.visual_words import WordsQuery


class Part(NamedTuple):
    """An inverted file, and the places of items that are also in a newer part."""

    words: InvertedFile
    superseded: Places

    def scores(self, query: WordsQuery) -> tuple[Rows, Scores]:
        """The rows with votes for the query, and their scores."""
        scores = self.words.scores(query)
        scores[self.superseded] = 0
        voted = np.flatnonzero(scores)
        return self.words.rows[voted], scores[voted]


class WordParts:
    """The parts of a store; thread-safe."""

    def __init__(self, snapshots: Snapshots, settings: LocalSettings) -> None:
        self._settings = settings
        self._held = Held(snapshots, _read, settings.cached_rows)
        self._parts: tuple[Part, ...] = ()
        self._lock = threading.Lock()

    def at(self, connection: sqlite3.Connection, space: Space, change: int) -> Sequence[Part]:
        """The parts that a transaction can see, oldest first; ``change`` is the number of its last write."""
        files = self._held.at(connection, words_series(space, self._settings), change)
        with self._lock:
            if [id(part.words) for part in self._parts] != [id(file) for file in files]:
                places = superseded_places([file.rows for file in files])
                self._parts = tuple(map(Part, files, places))
            return self._parts

    @property
    def rows_in_memory(self) -> int:
        """The number of items in memory, which no segment has yet."""
        return self._held.rows_in_memory


def _read(connection: sqlite3.Connection, after: int, until: int) -> InvertedFile:
    space = words_space(connection)
    return invert(chain.from_iterable(words_set_between(connection, space, after, until) if space else ()))
