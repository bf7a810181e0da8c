"""Searches a local store: chooses between segments and exhaustive comparison, and loads the records.

``truth`` is the SQLite database, and ``snapshots`` are the segments that are built from it. The tail are the rows that
are newer than the last segment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import numpy as np
import numpy.typing as npt

from sosie.filters import Where
from sosie.stores import checks
from sosie.stores.local.search.candidates import CandidateSource, ExactCandidates, SegmentCandidates
from sosie.stores.local.search.exhaustive import DirectComparison, compare_all, rows_passing
from sosie.stores.local.search.query import VectorQuery
from sosie.stores.local.search.rescoring import ScoredRow
from sosie.stores.local.search.widening import search_until_certain
from sosie.stores.local.search.words import WordsSearch, best_rows
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.layers import EmbeddingLayers, SegmentFailure
from sosie.stores.local.snapshots.parts import WordParts
from sosie.stores.local.snapshots.passing import AttributeIndex, Mask, marked
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.tail import Tails
from sosie.stores.local.truth import meta, reading
from sosie.stores.local.truth.damage import last_row
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.spans import Space
from sosie.stores.local.truth.vectors import Rows, vectors_changed_since
from sosie.stores.local.truth.words import words_space
from sosie.support.visual_words import WordsQuery
from sosie.types import Hit, Vectors


class LocalSearcher:
    """Searches a store; thread-safe."""

    def __init__(self, database: Database, snapshots: Snapshots, settings: LocalSettings) -> None:
        self._database = database
        self._snapshots = snapshots
        self._settings = settings
        self._tails = Tails(settings.cached_rows)
        self.attributes = AttributeIndex(snapshots, settings)
        self._layers = EmbeddingLayers(snapshots, settings)
        self._parts = WordParts(snapshots, settings)

    def search(
        self, vector_name: str, queries: Vectors, k: int, where: Where | None, distinct: bool
    ) -> list[list[Hit]]:
        """See ``Store.search``; everything is read in one transaction."""
        with self._database.read() as connection:
            manifest = meta.manifest_of(connection)
            checks.check_search(vector_name, queries, k, manifest)
            vector_number = meta.vector_names(connection).get(vector_name)
            if vector_number is None:
                return [[] for _ in queries]
            space = Space(vector_number, manifest.vectors[vector_name])
            layers = self._layers.at(connection, vector_name, space)
            passing = self.passing(connection, where)
            units = queries / np.linalg.norm(queries, axis=1, keepdims=True)
            search = VectorQuery(connection, vector_name, space, layers, units, k, where, distinct, passing)
            return [hits for part in self._portions(search) for hits in self._loaded(connection, self._answers(part))]

    def search_details(
        self, queries: Sequence[WordsQuery], k: int, where: Where | None, distinct: bool
    ) -> list[list[Hit]]:
        """See ``Store.search_details``; everything is read in one transaction."""
        checks.check_words_search(queries, k)
        with self._database.read() as connection:
            space = words_space(connection)
            if space is None:
                return [[] for _ in queries]
            parts = self._parts.at(connection, space, meta.change_of(connection))
            passes = self._passes(connection, where)
            search = WordsSearch(connection, space, parts, k, None if passes else where, passes, distinct)
            return self._loaded(connection, [best_rows(search, query) for query in queries])

    def _passes(
        self, connection: sqlite3.Connection, where: Where | None
    ) -> Callable[[Rows], npt.NDArray[np.bool_]] | None:
        """Returns a test of which rows pass ``where``.

        None if there is no ``where``, or if it is faster to let SQLite test each candidate.
        """
        mask = self.passing(connection, where)
        if mask is not None:
            return partial(marked, mask)
        passing_rows = rows_passing(connection, where, self._settings.listed_rows) if where else None
        return None if passing_rows is None else partial(np.isin, test_elements=passing_rows)

    def passing(self, connection: sqlite3.Connection, where: Where | None) -> Mask | None:
        """Marks the rows that pass ``where``; None if there is no ``where``, or if only SQLite can evaluate it."""
        attributes = self.attributes.at(connection) if where else None
        return attributes.passing(where, connection) if attributes and where else None

    def _portions(self, search: VectorQuery) -> Iterator[VectorQuery]:
        """Splits the search by queries, so that the cosines of each part fit into the memory limit."""
        queries_at_once = max(1, min(256, self._settings.scores_at_once // (last_row(search.connection) or 1)))
        for start in range(0, len(search.queries), queries_at_once):
            yield replace(search, queries=search.queries[start : start + queries_at_once])

    def _loaded(self, connection: sqlite3.Connection, answers: Sequence[Sequence[ScoredRow]]) -> list[list[Hit]]:
        """Loads the records of the answers."""
        records = reading.load_records(connection, {scored.row for answer in answers for scored in answer})
        return [
            [Hit(records[row].item_id, score, records[row]) for row, score in answer if row in records]
            for answer in answers
        ]

    def _answers(self, search: VectorQuery) -> list[list[ScoredRow]]:
        tail = self._tails.at(search.connection, search.space, search.layers.base, meta.change_of(search.connection))
        comparison = DirectComparison(search, None if search.layers.gaps else tail)
        try:
            return search_until_certain(self._sources(comparison), comparison, self._settings)
        except SegmentFailure as failure:
            self._snapshots.give_up(failure.segment)
            return self._answers(replace(search, layers=self._layers.at(search.connection, search.name, search.space)))

    def _sources(self, comparison: DirectComparison) -> Sequence[CandidateSource]:
        """The sources of candidates: if few rows pass, only these rows; else the segments and the newer rows."""
        search = comparison.search
        passing_rows = self._few_rows(search)
        if passing_rows is not None:
            return comparison.by_codes(passing_rows)
        newer, changed_rows = self._newest(comparison)
        share = search.share
        return [
            *(
                SegmentCandidates(layer, search.queries, changed_rows, search.passing, share)
                for layer in search.layers.layers
            ),
            newer,
        ]

    def _few_rows(self, search: VectorQuery) -> Rows | None:
        """The rows that pass, ascending, if they are few enough to compare each of them; else None."""
        if search.passing is not None:
            count = int(np.count_nonzero(search.passing))
            are_few = count**2 <= self._settings.compared_rows * len(search.passing)
            return np.flatnonzero(search.passing) if are_few else None
        rows = rows_passing(search.connection, search.where, self._settings.listed_rows) if search.where else None
        return None if rows is None else np.array(sorted(rows), np.int64)

    def _newest(self, comparison: DirectComparison) -> tuple[ExactCandidates, Rows]:
        """Compares the rows outside segments; also returns all of these rows, ascending.

        Rows that do not pass the filter are not compared, but are among the returned rows.
        """
        search, tail = comparison
        if tail is not None:
            passing = np.ones(len(tail.rows), np.bool_) if search.passing is None else marked(search.passing, tail.rows)
            return comparison.of_tail(passing), np.sort(tail.rows)
        spans = [(search.layers.base, meta.change_of(search.connection)), *search.layers.gaps]
        blocks = (vectors_changed_since(search.connection, search.space, *span) for span in spans)
        outside = compare_all(search, chain.from_iterable(blocks))
        if search.passing is None:
            return outside, np.sort(outside.rows)
        passing = marked(search.passing, outside.rows)
        return ExactCandidates(outside.rows[passing], outside.cosines[:, passing]), np.sort(outside.rows)
