"""Exhaustive search: resolves a filter to rows, and compares every vector that passes with every query."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np

from sosie.filters import Condition, Where
from sosie.stores.local.search.candidates import ExactCandidates
from sosie.stores.local.search.query import VectorQuery
from sosie.stores.local.truth.conditions import Sql, candidate_query, test_expression
from sosie.stores.local.truth.vectors import VectorBlock
from sosie.types import Vectors

TESTS_PER_COMPARISON = 8
"""A row is tested against a filter about this many times faster than its vector is compared."""

FEW = 8


def rows_passing(connection: sqlite3.Connection, where: Where, most: int) -> list[int] | None:
    """The rows that pass, None where there are more than ``most`` or too many to be tested.

    The condition with the fewest candidates leads and all that its candidates may not pass are tested row by row, so
    that a ``where`` that many pass is given up early.
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
    """Every vector of the blocks compared with every query; only the cosines stay in memory."""
    rows, cosines = [np.empty(0, np.int64)], [np.empty((len(search.queries), 0), np.float32)]
    for block in blocks:
        rows.append(block.rows)
        cosines.append(_cosines(search.queries, block.matrix))
    return ExactCandidates(np.concatenate(rows), np.concatenate(cosines, axis=1))


def compare_rows(search: VectorQuery, changed: VectorBlock, rows: Sequence[int]) -> ExactCandidates:
    """The vectors of these rows compared with every query, within ``COSINE_ERROR``.

    ``changed`` holds all that were set since the newest segment.
    """
    wanted = np.unique(np.asarray(rows, np.int64))
    held = np.isin(changed.rows, wanted)
    own = VectorBlock(changed.rows[held], changed.matrix[held])
    rest = wanted[~np.isin(wanted, own.rows)]
    others = []
    for layer in search.layers.layers:
        places, held = layer.places_of(rest)
        cosines = [layer.segment.cosines(query, places[held]) for query in search.queries]
        others.append(ExactCandidates(rest[held], np.stack(cosines)))
    parts = [compare_all(search, [own]), *others]
    return ExactCandidates(
        np.concatenate([part.rows for part in parts]), np.concatenate([part.cosines for part in parts], axis=1)
    )


def _cosines(queries: Vectors, matrix: Vectors) -> Vectors:
    """BLAS only for several queries: for few it is slower, as its threads wait for each other on a busy machine."""
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
