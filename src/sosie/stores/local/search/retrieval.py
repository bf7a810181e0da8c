"""From a search to its hits: which way to the candidates, and the records of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from sosie.filters import Where
from sosie.stores import checks
from sosie.stores.local.search.candidates import CandidateSource, SnapshotCandidates
from sosie.stores.local.search.exhaustive import Question, compared, listed
from sosie.stores.local.search.rescoring import Found
from sosie.stores.local.search.rounds import answer
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.engine import SnapshotIndex, SnapshotIndexError
from sosie.stores.local.snapshots.folder import Snapshots
from sosie.stores.local.snapshots.tail import Tails
from sosie.stores.local.truth import meta, reading
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.vectors import Space, changed_since, of_rows
from sosie.types import Hit, Vectors


class Retrieval:
    """Searches one store. Threads may share it."""

    def __init__(self, database: Database, snapshots: Snapshots, settings: LocalSettings) -> None:
        self._database = database
        self._snapshots = snapshots
        self._settings = settings
        self._tails = Tails(settings.cached_rows)

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
            units = queries / np.linalg.norm(queries, axis=1, keepdims=True)
            question = Question(connection, space, units, k, where, distinct)
            return [hits for part in self._parts(question) for hits in self._hits(part)]

    def _parts(self, question: Question) -> Iterator[Question]:
        """The question with as many queries at a time as leave room for all cosines."""
        [rows] = question.connection.execute("SELECT max(row) FROM item").fetchone()
        at_once = max(1, min(256, self._settings.scores_at_once // (rows or 1)))
        for start in range(0, len(question.queries), at_once):
            yield replace(question, queries=question.queries[start : start + at_once])

    def _hits(self, question: Question) -> list[list[Hit]]:
        answers = self._answers(question)
        records = reading.load_records(question.connection, {found.row for one in answers for found in one})
        return [[Hit(records[row].item_id, score, records[row]) for row, score in one] for one in answers]

    def _answers(self, question: Question) -> list[list[Found]]:
        rows = listed(question.connection, question.where, self._settings.listed_rows) if question.where else None
        if rows is not None:
            blocks = of_rows(question.connection, question.space, rows)
            return answer(replace(question, where=None), [compared(question, blocks)], self._settings)
        snapshot = self._snapshots.newest(question.connection, question.space)
        engine = self._snapshots.engine(snapshot) if snapshot else None
        if snapshot is None or engine is None:
            return answer(question, self._sources(question, None, 0), self._settings)
        try:
            return answer(question, self._sources(question, engine, snapshot.change), self._settings)
        except SnapshotIndexError:
            self._snapshots.give_up(snapshot)
            return self._answers(question)

    def _sources(self, question: Question, engine: SnapshotIndex | None, base: int) -> Sequence[CandidateSource]:
        """The snapshot, if it is to be used, and the vectors set since."""
        connection, space = question.connection, question.space
        tail = self._tails.at(connection, space, base, meta.change_of(connection))
        rest = compared(question, changed_since(connection, space, base) if tail is None else [tail])
        return [rest] if engine is None else [SnapshotCandidates(engine, question.queries, rest.rows), rest]
