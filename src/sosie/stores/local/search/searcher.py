"""The searcher of a local store: chooses between segments and exact comparison, and loads the answers' records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from sosie.filters import Where
from sosie.stores import checks
from sosie.stores.local.search.candidates import CandidateSource, SegmentCandidates
from sosie.stores.local.search.exhaustive import compare_all, compare_rows, rows_passing
from sosie.stores.local.search.query import VectorQuery
from sosie.stores.local.search.rescoring import ScoredRow
from sosie.stores.local.search.widening import search_until_certain
from sosie.stores.local.search.words import WordsSearch, best_rows
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.layers import EmbeddingLayers, SegmentFailure
from sosie.stores.local.snapshots.parts import WordParts
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.tail import Tails
from sosie.stores.local.truth import meta, reading
from sosie.stores.local.truth.damage import last_row
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.spans import Space
from sosie.stores.local.truth.vectors import vectors_changed_since, vectors_of_rows
from sosie.stores.local.truth.words import words_space
from sosie.support.visual_words import WordsQuery
from sosie.types import Hit, Vectors


class LocalSearcher:
    """Searches one store. Threads may share it."""

    def __init__(self, database: Database, snapshots: Snapshots, settings: LocalSettings) -> None:
        self._database = database
        self._snapshots = snapshots
        self._settings = settings
        self._tails = Tails(settings.cached_rows)
        self._layers = EmbeddingLayers(snapshots, settings)
        self._parts = WordParts(snapshots, settings)

    def search(
        self, vector_name: str, queries: Vectors, k: int, where: Where | None, distinct: bool
    ) -> list[list[Hit]]:
        """See ``Store.search``; everything is read in one transaction."""
        with self._database.read() as connection:
            manifest = meta.manifest_of(connection)
            checks.check_search(vector_name, queries, k, manifest)
            number = meta.vector_names(connection).get(vector_name)
            if number is None:
                return [[] for _ in queries]
            space = Space(number, manifest.vectors[vector_name])
            layers = self._layers.at(connection, vector_name, space)
            units = queries / np.linalg.norm(queries, axis=1, keepdims=True)
            search = VectorQuery(connection, vector_name, space, layers, units, k, where, distinct)
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
            few = rows_passing(connection, where, self._settings.listed_rows) if where else None
            passing = None if few is None else np.array(few, np.int64)
            search = WordsSearch(connection, space, parts, k, where, passing, distinct)
            return self._loaded(connection, [best_rows(search, query) for query in queries])

    def _portions(self, search: VectorQuery) -> Iterator[VectorQuery]:
        """The search cut into parts, each of as many queries as leave room for all cosines."""
        at_once = max(1, min(256, self._settings.scores_at_once // (last_row(search.connection) or 1)))
        for start in range(0, len(search.queries), at_once):
            yield replace(search, queries=search.queries[start : start + at_once])

    def _loaded(self, connection: sqlite3.Connection, answers: Sequence[Sequence[ScoredRow]]) -> list[list[Hit]]:
        """The answers with the records of their rows."""
        records = reading.load_records(connection, {scored.row for answer in answers for scored in answer})
        return [
            [Hit(records[row].item_id, score, records[row]) for row, score in answer if row in records]
            for answer in answers
        ]

    def _answers(self, search: VectorQuery) -> list[list[ScoredRow]]:
        try:
            return search_until_certain(*self._sources(search), self._settings)
        except SegmentFailure as failure:
            self._snapshots.give_up(failure.segment)
            return self._answers(replace(search, layers=self._layers.at(search.connection, search.name, search.space)))

    def _sources(self, search: VectorQuery) -> tuple[VectorQuery, Sequence[CandidateSource]]:
        """The segments and what was set since; where few pass the filter, only those, and no filter any more."""
        connection, layers = search.connection, search.layers
        tail = self._tails.at(connection, search.space, layers.base, meta.change_of(connection))
        few = rows_passing(connection, search.where, self._settings.listed_rows) if search.where else None
        if few is not None:
            searched = (
                compare_all(search, vectors_of_rows(connection, search.space, few))
                if tail is None or layers.gaps
                else compare_rows(search, tail, few)
            )
            return replace(search, where=None), [searched]
        newest = vectors_changed_since(connection, search.space, layers.base) if tail is None else [tail]
        gaps = (vectors_changed_since(connection, search.space, *gap) for gap in layers.gaps)
        rest = compare_all(search, chain(newest, *gaps))
        changed = np.sort(rest.rows)
        return search, [*(SegmentCandidates(layer, search.queries, changed) for layer in layers.layers), rest]
