"""Search: candidates from the snapshot and the tail, checked and scored anew with the numbers of the truth."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sosie.filters import Where
from sosie.stores.local.candidates import Candidates, Compared, Source, gathered
from sosie.stores.local.conditions import finding, testing
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.vectors import Block, Space, joined, of_rows, passing
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


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one vector name in one transaction."""

    connection: sqlite3.Connection
    space: Space
    queries: Vectors
    k: int
    where: Where | None
    distinct: bool


def answer(question: Question, sources: Sequence[Source], settings: LocalSettings) -> list[list[Found]]:
    """For each query the best rows. ``sources`` hold, between them, a vector of every item that passes."""
    answers: dict[int, list[Found]] = {}
    number = max(settings.first_candidates * (4 if question.where else 1), 2 * question.k)
    while len(answers) < len(question.queries):
        if any(not source.complete and number > min(source.size, settings.most_candidates) for source in sources):
            sources = [compared(question, passing(question.connection, question.space, question.where))]
        open_queries = [query for query in range(len(question.queries)) if query not in answers]
        answers.update(_round(question, sources, open_queries, number))
        number *= 4
    return [answers[query] for query in range(len(question.queries))]


def listed(question: Question, most: int) -> list[int] | None:
    """The rows that pass, None where there are more than ``most``."""
    condition = finding(question.where)
    query = f"SELECT row FROM item WHERE {condition.text} LIMIT ?"  # noqa: S608
    rows = [row for (row,) in question.connection.execute(query, (*condition.values, most + 1))]
    return rows if len(rows) <= most else None


def compared(question: Question, blocks: Iterable[Block]) -> Compared:
    """Every vector of the blocks compared with every query; only the cosines stay in memory."""
    rows, cosines = [np.empty(0, np.int64)], [np.empty((len(question.queries), 0), np.float32)]
    for block in blocks:
        rows.append(block.rows)
        cosines.append(question.queries @ block.matrix.T)
    return Compared(np.concatenate(rows), np.concatenate(cosines, axis=1))


def _round(
    question: Question, sources: Sequence[Source], queries: Sequence[int], number: int
) -> Iterator[tuple[int, list[Found]]]:
    """The answers of the queries for which ``number`` candidates of each source were enough."""
    found = {query: gathered(sources, query, number) for query in queries}
    known = _known(question, {row for one in found.values() for row in one.rows.tolist()})
    chosen = {query: _chosen(one, known, question.k) for query, one in found.items()}
    rows = sorted({row for one in chosen.values() for row in one})
    block = joined(of_rows(question.connection, question.space, rows), question.space.dim)
    places = {row: place for place, row in enumerate(block.rows.tolist())}
    for query in queries:
        own = [row for row in chosen[query] if row in places]
        cosines = _cosines(block.matrix[[places[row] for row in own]], question.queries[query])
        best = _ranked(own, cosines, known, question.k)
        if found[query].complete or (len(best) == question.k and found[query].frontier < best[-1].score - LIKENESS):
            yield query, best


def _known(question: Question, rows: set[int]) -> dict[int, Known]:
    """What is known of the rows that exist, have the vector and pass."""
    condition = testing(question.where)
    group = "product_id" if question.distinct else "row"
    query = f"""SELECT row, item_id, {group} FROM item WHERE row IN (SELECT value FROM json_each(?))
        AND EXISTS (SELECT 1 FROM vector WHERE key = item.row + ?) AND {condition.text}"""  # noqa: S608
    first_key = question.space.name << 40
    found = question.connection.execute(query, (json.dumps(list(rows)), first_key, *condition.values))
    return {row: Known(item_id, group) for row, item_id, group in found}


def _chosen(candidates: Candidates, known: dict[int, Known], k: int) -> list[int]:
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


def _cosines(matrix: Vectors, query: Vectors) -> Vectors:
    """Not BLAS, which can give equal rows unequal cosines and so break ties at random."""
    cosines: Vectors = np.clip(np.einsum("nd,d->n", matrix, query), -1, 1)
    return cosines


def _ranked(rows: Sequence[int], cosines: Vectors, known: dict[int, Known], k: int) -> list[Found]:
    """The best of each group, best first, ties by item_id."""
    order = sorted(zip((-cosines).tolist(), (known[row].item_id for row in rows), rows, strict=True))
    best: dict[str | int, Found] = {}
    for negative, _, row in order:
        best.setdefault(known[row].group, Found(row, -negative))
    return list(best.values())[:k]
