"""Searches by visual words: adds up the votes of all parts (segments and newer items), and selects the best items."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.filters import Where
from sosie.stores.local.search.rescoring import ScoredRow, identities_of, rank_rows
from sosie.stores.local.snapshots.inverted import Scores
from sosie.stores.local.snapshots.parts import Part
from sosie.stores.local.truth.spans import Space, changes_of
from sosie.stores.local.truth.vectors import Rows
from sosie.support.visual_words import WordsQuery

FIRST_CANDIDATES, GROWTH = 64, 8


@dataclass(frozen=True, slots=True)
class WordsSearch:
    """A search by visual words inside a transaction.

    ``passes`` marks the rows that pass the filter; if it is None, each candidate is tested with ``where``. With
    ``distinct``, each product is returned once.
    """

    connection: sqlite3.Connection
    space: Space
    parts: Sequence[Part]
    k: int
    where: Where | None
    passes: Callable[[Rows], npt.NDArray[np.bool_]] | None
    distinct: bool


def best_rows(search: WordsSearch, query: WordsQuery) -> list[ScoredRow]:
    """The k best rows with votes, best first; equal scores are ordered by item_id."""
    rows, scores = _voted(search, query)
    number = max(FIRST_CANDIDATES, 2 * search.k)
    while True:
        chosen = _first(scores, number)
        answer = _ranked(search, rows[chosen], scores[chosen])
        if len(answer) == search.k or len(chosen) == len(rows):
            return answer
        number *= GROWTH


def _voted(search: WordsSearch, query: WordsQuery) -> tuple[Rows, Scores]:
    """Every row with votes that passes ``passes``, with its score. A row is in one part only."""
    voted = [part.scores(query) for part in search.parts]
    rows = np.concatenate([np.empty(0, np.int64), *(rows for rows, _ in voted)])
    scores = np.concatenate([np.empty(0, np.float64), *(scores for _, scores in voted)])
    if search.passes is None:
        return rows, scores
    passing = search.passes(rows)
    return rows[passing], scores[passing]


def _first(scores: Scores, number: int) -> Rows:
    """The indices of the ``number`` highest scores, and of all scores equal to the last of them."""
    if number >= len(scores):
        return np.arange(len(scores))
    last = np.partition(scores, -number)[-number]
    return np.flatnonzero(scores >= last)


def _ranked(search: WordsSearch, rows: Rows, scores: Scores) -> list[ScoredRow]:
    """Ranks the rows that exist and pass. Segments also have items that were deleted or have no words any more."""
    identities = identities_of(search.connection, search.where, search.distinct, set(rows.tolist()))
    present = changes_of(search.connection, search.space, list(identities))
    held = [place for place, row in enumerate(rows.tolist()) if row in present]
    return rank_rows(rows[held].tolist(), scores[held], identities, search.k)
