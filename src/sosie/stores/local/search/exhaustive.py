"""The plain way: resolve a ``where``, compare every vector that passes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sosie.filters import Where
from sosie.stores.local.search.candidates import ExactCandidates
from sosie.stores.local.truth.conditions import Sql, candidates, testing
from sosie.stores.local.truth.vectors import Space, VectorBlock
from sosie.types import Vectors

SOONER = 8
"""How many times as many rows are tested, or compared in the end, as are compared at once."""

FEW = 8


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one vector name in one transaction."""

    connection: sqlite3.Connection
    space: Space
    queries: Vectors
    k: int
    where: Where | None
    distinct: bool


def listed(connection: sqlite3.Connection, where: Where, most: int) -> list[int] | None:
    """The rows that pass, None where there are more than ``most`` or too many to be tested.

    The condition with the fewest candidates leads and the others are tested row by row, so that a ``where`` that many
    pass is given up early.
    """
    bound = SOONER * most
    sizes = [_bounded_size(connection, candidates(condition), bound) for condition in where.conditions]
    if min(sizes) > bound:
        return None
    leader = where.conditions[int(np.argmin(sizes))]
    leading = candidates(leader)
    tested = testing(Where(tuple(one for one in where.conditions if one is not leader or one.operator == "!=")))
    query = f"SELECT DISTINCT row FROM ({leading.text}) AS item WHERE {tested.text} LIMIT ?"  # noqa: S608
    rows = [row for (row,) in connection.execute(query, (*leading.values, *tested.values, most + 1))]
    return rows if len(rows) <= most else None


def compared(question: Question, blocks: Iterable[VectorBlock]) -> ExactCandidates:
    """Every vector of the blocks compared with every query; only the cosines stay in memory."""
    rows, cosines = [np.empty(0, np.int64)], [np.empty((len(question.queries), 0), np.float32)]
    for block in blocks:
        rows.append(block.rows)
        cosines.append(_approximate_cosines(question.queries, block.matrix))
    return ExactCandidates(np.concatenate(rows), np.concatenate(cosines, axis=1))


def _approximate_cosines(queries: Vectors, matrix: Vectors) -> Vectors:
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
