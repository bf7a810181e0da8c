"""Exhaustive search: finds the rows that pass a filter, and compares their vectors with every query."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.filters import Condition, Where
from sosie.stores.local.search.candidates import (
    LEAST_COMPARED,
    CandidateSource,
    CodedCandidates,
    ExactCandidates,
)
from sosie.stores.local.search.query import VectorQuery
from sosie.stores.local.snapshots.embeddings import cosines_of_halves
from sosie.stores.local.snapshots.layers import Layer
from sosie.stores.local.snapshots.places import Places
from sosie.stores.local.snapshots.tail import HalfBlock
from sosie.stores.local.truth.conditions import Sql, candidate_query, test_expression
from sosie.stores.local.truth.vectors import Rows, VectorBlock, vectors_of_rows, vectors_passing
from sosie.types import Vectors

TESTS_PER_COMPARISON = 8
"""Testing a row against a filter is about this many times faster than comparing its vector."""

FEW = 8


def rows_passing(connection: sqlite3.Connection, where: Where, most: int) -> list[int] | None:
    """The rows that pass; None if there are more than ``most``, or too many to test.

    The rows that pass the most selective condition are tested against the other conditions. So a filter that many rows
    pass is given up early.
    """
    bound = TESTS_PER_COMPARISON * most
    sizes = [_bounded_size(connection, candidate_query(condition), bound) for condition in where.conditions]
    if min(sizes) > bound:
        return None
    leader = where.conditions[int(np.argmin(sizes))]
    leading = candidate_query(leader)
    is_exact = isinstance(leader, Condition) and leader.operator != "!="
    tested = test_expression(Where(tuple(part for part in where.conditions if part is not leader or not is_exact)))
    query = f"SELECT DISTINCT row FROM ({leading.text}) AS item WHERE {tested.text} LIMIT ?"  # noqa: S608
    rows = [row for (row,) in connection.execute(query, (*leading.values, *tested.values, most + 1))]
    return rows if len(rows) <= most else None


def compare_all(search: VectorQuery, blocks: Iterable[VectorBlock]) -> ExactCandidates:
    """Compares every vector of the blocks with every query; keeps only the cosines in memory."""
    rows, cosines = [np.empty(0, np.int64)], [np.empty((len(search.queries), 0), np.float32)]
    for block in blocks:
        rows.append(block.rows)
        cosines.append(_cosines(search.queries, block.matrix))
    return ExactCandidates(np.concatenate(rows), np.concatenate(cosines, axis=1))


class DirectComparison(NamedTuple):
    """Compares vectors with every query of a search. Cosines are exact within ``COSINE_ERROR``.

    ``tail`` has the vectors that are newer than all segments. If it is None, all vectors are read from SQLite.
    """

    search: VectorQuery
    tail: HalfBlock | None

    def of_everything(self) -> ExactCandidates:
        """Compares all rows that pass the filter."""
        search = self.search
        if self.tail is not None and search.passing is not None:
            return self.of_rows(np.flatnonzero(search.passing))
        if self.tail is not None and not search.where:
            rows = [self.tail.rows, *(layer.segment.rows for layer in search.layers.layers)]
            return self.of_rows(np.unique(np.concatenate(rows)))
        return compare_all(search, vectors_passing(search.connection, search.space, search.where))

    def of_rows(self, rows: Rows) -> ExactCandidates:
        """Compares these rows (ascending); rows without a vector are left out."""
        search = self.search
        if self.tail is None:
            return compare_all(search, vectors_of_rows(search.connection, search.space, rows.tolist()))
        newest, in_layers = self._parted(self.tail, rows)
        parts = [newest]
        for layer, places in in_layers:
            parts.append(ExactCandidates(layer.segment.rows[places], layer.cosines(search.queries, places)))
        every = (
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.cosines for part in parts], axis=1),
        )
        return ExactCandidates(*every)

    def by_codes(self, rows: Rows) -> Sequence[CandidateSource]:
        """Sources for these rows. If there are many, rows of segments are compared by codes first."""
        if self.tail is None or len(rows) <= 2 * LEAST_COMPARED:
            return [self.of_rows(rows)]
        newest, in_layers = self._parted(self.tail, rows)
        queries = self.search.queries
        coded = (
            CodedCandidates(layer, queries, places, layer.distances(queries, places)) for layer, places in in_layers
        )
        return [newest, *coded]

    def _parted(self, tail: HalfBlock, rows: Rows) -> tuple[ExactCandidates, Sequence[tuple[Layer, Places]]]:
        """The rows that are in the tail, compared; and the places of the other rows in each segment."""
        if not len(tail.rows):
            newest, rest = np.zeros(0, np.bool_), rows
        else:
            newest, rest = np.isin(tail.rows, rows), rows[~np.isin(rows, tail.rows)]
        places_of = ((layer, *layer.places_of(rest)) for layer in self.search.layers.layers)
        return self.of_tail(newest), [(layer, places[held]) for layer, places, held in places_of]

    def of_tail(self, chosen: npt.NDArray[np.bool_]) -> ExactCandidates:
        """Compares the chosen rows of the tail."""
        if self.tail is None:
            raise ValueError("there is no tail")
        rows, halves = self.tail
        return ExactCandidates(rows[chosen], cosines_of_halves(self.search.queries, halves[chosen]))


def _cosines(queries: Vectors, matrix: Vectors) -> Vectors:
    """Cosines, shape (queries, rows). BLAS is used for many queries only: for few, its threads mostly wait."""
    if len(queries) > FEW:
        product: Vectors = queries @ matrix.T
        return product
    return np.stack([np.einsum("nd,d->n", matrix, query) for query in queries])


def _bounded_size(connection: sqlite3.Connection, query: Sql, bound: int) -> int:
    [size] = connection.execute(
        f"SELECT count(*) FROM ({query.text} LIMIT ?)",  # noqa: S608
        (*query.values, bound + 1),
    ).fetchone()
    return int(size)
