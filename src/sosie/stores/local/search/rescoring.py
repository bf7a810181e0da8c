"""Candidates become answers: looked up in the truth, the promising ones scored anew, ranked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sosie.stores.local.search.candidates import Candidates
from sosie.stores.local.search.exhaustive import Question
from sosie.stores.local.truth.conditions import testing
from sosie.types import Vectors

LIKENESS = 2e-3
"""How far an approximate cosine may be from the true one; what lies closer together is scored anew."""

SPARE_GROUPS, VIEWS = 10, 8


class Found(NamedTuple):
    """One answer: row and true cosine."""

    row: int
    score: float


class Known(NamedTuple):
    """What must be known of a candidate to rank it; ``group`` is what may come back only once."""

    item_id: str
    group: str | int


def known_of(question: Question, rows: set[int]) -> dict[int, Known]:
    """What is known of the rows that exist and pass."""
    condition = testing(question.where)
    group = "product_id" if question.distinct else "row"
    # One row of JSON, since the interpreter's lock is let go and taken again for each row.
    query = f"""SELECT json_group_array(json_array(row, item_id, {group})) FROM item
        WHERE row IN (SELECT value FROM json_each(?)) AND {condition.text}"""  # noqa: S608
    [found] = question.connection.execute(query, (json.dumps(list(rows)), *condition.values)).fetchone()
    return {row: Known(item_id, group) for row, item_id, group in json.loads(found)}


def chosen_of(candidates: Candidates, known: dict[int, Known], k: int) -> list[int]:
    """The candidates worth a true score: those of the first groups, and all that lie as close as makes no difference.

    Of a group that has many, the best ``VIEWS`` and what is like its best.
    """
    best: dict[str | int, float] = {}
    views: dict[str | int, int] = {}
    chosen: list[int] = []
    last = -np.inf
    for row, cosine in zip(candidates.rows.tolist(), candidates.cosines.tolist(), strict=True):
        if row not in known:
            continue
        group = known[row].group
        if len(best) >= k + SPARE_GROUPS and group not in best and cosine < last - LIKENESS:
            break
        if views.get(group, 0) >= VIEWS and cosine < best[group] - LIKENESS:
            continue
        best.setdefault(group, cosine)
        views[group] = views.get(group, 0) + 1
        last = cosine if len(best) <= k else last
        chosen.append(row)
    return chosen


def true_cosines(matrix: Vectors, query: Vectors) -> Vectors:
    """Not BLAS, which can give equal rows unequal cosines and so break ties at random."""
    cosines: Vectors = np.clip(np.einsum("nd,d->n", matrix, query), -1, 1)
    return cosines


def ranked(rows: Sequence[int], cosines: Vectors, known: dict[int, Known], k: int) -> list[Found]:
    """The best of each group, best first, ties by item_id."""
    order = sorted(zip((-cosines).tolist(), (known[row].item_id for row in rows), rows, strict=True))
    best: dict[str | int, Found] = {}
    for negative, _, row in order:
        best.setdefault(known[row].group, Found(row, -negative))
    return list(best.values())[:k]
