"""Computes exact cosines of the best candidates, groups them by product, and ranks them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.filters import Where
from sosie.stores.local.search.candidates import Candidates
from sosie.stores.local.truth.conditions import test_expression
from sosie.stores.local.truth.damage import check_damage, read_around
from sosie.types import Vectors

COSINE_ERROR = 2e-3
"""Largest error of an approximate cosine. Candidates that differ by less may change their order, so all are
rescored."""

SPARE_GROUPS, VIEWS = 10, 8


class ScoredRow(NamedTuple):
    """A row and its exact score."""

    row: int
    score: float


class RowIdentity(NamedTuple):
    """The data of a row that ranking needs. Only the best row of a ``group`` is returned (a product, or the row)."""

    item_id: str
    group: str | int


def identities_of(
    connection: sqlite3.Connection, where: Where | None, distinct: bool, rows: set[int]
) -> dict[int, RowIdentity]:
    """The identities of the rows that exist and pass the filter. With ``distinct`` their group is the product."""
    condition = test_expression(where)
    group = "product_id" if distinct else "row"
    # The result is a single row of JSON, because the interpreter's lock is released and acquired for each row.
    query = f"""SELECT json_group_array(json_array(row, item_id, {group})) FROM item
        WHERE row IN (SELECT value FROM json_each(?)) AND {condition.text}"""  # noqa: S608
    try:
        [text] = connection.execute(query, (json.dumps(list(rows)), *condition.values)).fetchone()
    except sqlite3.Error as error:
        check_damage(error, "the items")
        return _identities_around(connection, rows, where, distinct)
    return {row: RowIdentity(item_id, group) for row, item_id, group in json.loads(text)}


def _identities_around(
    connection: sqlite3.Connection, rows: set[int], where: Where | None, distinct: bool
) -> dict[int, RowIdentity]:
    """Like ``identities_of``, but reads row by row and leaves out unreadable rows."""
    condition = test_expression(where)
    group = "product_id" if distinct else "row"
    query = f"SELECT row, item_id, {group} FROM item WHERE row = ? AND {condition.text}"  # noqa: S608

    def read(low: int, _: int) -> list[tuple[int, str, str | int]]:
        return connection.execute(query, (low, *condition.values)).fetchall()

    each = (entry for row in rows for entry in read_around(read, row, row + 1))
    return {row: RowIdentity(item_id, group) for row, item_id, group in each}


def rows_to_rescore(candidates: Candidates, ahead: int, identities: dict[int, RowIdentity], k: int) -> list[int] | None:
    """The candidates to rescore: all that may be among the best k groups by exact cosine.

    A candidate is left out if its approximate cosine is too low by more than ``COSINE_ERROR``. Of a large group, at
    least the best ``VIEWS`` are taken. None if more than the first ``ahead`` candidates must be read to decide.
    """
    best: dict[str | int, float] = {}
    views: dict[str | int, int] = {}
    chosen: list[int] = []
    last = -np.inf
    for row, cosine in zip(candidates.rows[:ahead].tolist(), candidates.cosines[:ahead].tolist(), strict=True):
        if row not in identities:
            continue
        group = identities[row].group
        if len(best) >= k + SPARE_GROUPS and group not in best and cosine < last - COSINE_ERROR:
            break
        if views.get(group, 0) >= VIEWS and cosine < best[group] - COSINE_ERROR:
            continue
        best.setdefault(group, cosine)
        views[group] = views.get(group, 0) + 1
        last = cosine if len(best) <= k else last
        chosen.append(row)
    else:
        if ahead < len(candidates.rows):
            return None
    return chosen


def exact_cosines(matrix: Vectors, query: Vectors) -> Vectors:
    """Cosines without BLAS: with BLAS, equal rows may get unequal cosines, which would break ties at random."""
    cosines: Vectors = np.clip(np.einsum("nd,d->n", matrix, query), -1, 1)
    return cosines


def rank_rows(
    rows: Sequence[int], scores: npt.NDArray[np.floating], identities: dict[int, RowIdentity], k: int
) -> list[ScoredRow]:
    """The best row of each group, best first; equal scores are ordered by item_id."""
    order = sorted(zip((-scores).tolist(), (identities[row].item_id for row in rows), rows, strict=True))
    best: dict[str | int, ScoredRow] = {}
    for negative, _, row in order:
        best.setdefault(identities[row].group, ScoredRow(row, -negative))
    return list(best.values())[:k]
