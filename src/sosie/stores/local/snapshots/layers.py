"""The segments of embeddings that a transaction may use.

A row that was set again is in a newer segment too; its older place is superseded.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.embeddings import EmbeddingSegment
from sosie.stores.local.snapshots.files import SegmentError
from sosie.stores.local.snapshots.lists import Passing
from sosie.stores.local.snapshots.places import Places, find_places, superseded_places
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import embeddings_series
from sosie.stores.local.truth.spans import Space
from sosie.stores.local.truth.vectors import Rows, VectorBlock
from sosie.types import Vectors


class SegmentFailure(Exception):
    """A segment was opened but cannot be searched."""

    def __init__(self, segment: EmbeddingSegment) -> None:
        super().__init__()
        self.segment = segment


class Layer(NamedTuple):
    """A segment. ``superseded`` marks the places of rows that are in a newer segment; None if there are none.

    Methods raise ``SegmentFailure`` if the segment cannot be read.
    """

    segment: EmbeddingSegment
    superseded: npt.NDArray[np.bool_] | None

    def nearest(self, query: Vectors, number: int, passing: Passing | None, share: float) -> Places:
        """Like ``EmbeddingSegment.nearest``, without superseded places."""
        with self._failing():
            places = self.segment.nearest(query, number, passing, share)
        return places if self.superseded is None else places[~self.superseded[places]]

    def distances(self, queries: Vectors, places: Places) -> Vectors:
        """The squared distances between the codes of m queries and the codes at n places, shape (m, n)."""
        with self._failing():
            return self.segment.distances(queries, places)

    def cosines(self, queries: Vectors, places: Places) -> Vectors:
        """The cosines of m queries with the vectors at n places, shape (m, n), within ``COSINE_ERROR``."""
        with self._failing():
            return self.segment.cosines(queries, places)

    def vectors(self, places: Places) -> Vectors:
        """The vectors at these places, scaled to unit length."""
        with self._failing():
            return self.segment.vectors(places)

    def places_of(self, rows: Rows) -> tuple[Places, npt.NDArray[np.bool_]]:
        """The places of rows, shape (m,), and a mask: True for rows that are in the segment and not superseded."""
        places, held = find_places(self.segment.rows, rows)
        return places, held if self.superseded is None else held & ~self.superseded[places]

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except SegmentError as error:
            raise SegmentFailure(self.segment) from error


class Layers(NamedTuple):
    """The usable segments, oldest first.

    ``gaps`` are the spans of writes of segments that cannot be used. ``base`` is the last write in the newest segment.
    """

    layers: Sequence[Layer]
    gaps: Sequence[tuple[int, int]]
    base: int

    def hold(self, change: int) -> bool:
        """True if a usable segment has the vectors of this write."""
        return change <= self.base and not any(after < change <= until for after, until in self.gaps)

    def vectors_of(self, rows: Rows) -> Iterator[VectorBlock]:
        """The vectors of those rows that are in a segment."""
        for layer in self.layers:
            places, held = layer.places_of(rows)
            if held.any():
                yield VectorBlock(rows[held], layer.vectors(places[held]))


class EmbeddingLayers:
    """The segments of a store's embeddings; thread-safe."""

    def __init__(self, snapshots: Snapshots, settings: LocalSettings) -> None:
        self._snapshots = snapshots
        self._settings = settings
        self._marked: dict[int, tuple[Layer, ...]] = {}
        self._lock = threading.Lock()

    def at(self, connection: sqlite3.Connection, name: str, space: Space) -> Layers:
        """The segments that a transaction may use."""
        series = embeddings_series(name, space, self._settings)
        opened, gaps, after = list[EmbeddingSegment](), list[tuple[int, int]](), 0
        for snapshot in self._snapshots.segments(connection, series):
            segment = self._snapshots.opened(series, snapshot)
            if segment is None:
                gaps.append((after, snapshot.change))
            else:
                opened.append(segment)
            after = snapshot.change
        return Layers(self._marked_layers(space, opened), gaps, after)

    def _marked_layers(self, space: Space, segments: Sequence[EmbeddingSegment]) -> Sequence[Layer]:
        with self._lock:
            marked = self._marked.get(space.number, ())
            if [id(layer.segment) for layer in marked] != [id(segment) for segment in segments]:
                marked = self._marked[space.number] = tuple(
                    map(_marked, segments, superseded_places([segment.rows for segment in segments]))
                )
            return marked


def _marked(segment: EmbeddingSegment, superseded: Places) -> Layer:
    if not len(superseded):
        return Layer(segment, None)
    marks = np.zeros(len(segment), np.bool_)
    marks[superseded] = True
    return Layer(segment, marks)
