"""Takes more and more rows from the sources of candidates until the best k are certain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sosie.stores.local.search.candidates import Candidates, CandidateSource, collect_candidates
from sosie.stores.local.search.exhaustive import TESTS_PER_COMPARISON, DirectComparison, rows_passing
from sosie.stores.local.search.query import VectorQuery
from sosie.stores.local.search.rescoring import (
    COSINE_ERROR,
    SPARE_GROUPS,
    RowIdentity,
    ScoredRow,
    exact_cosines,
    identities_of,
    rank_rows,
    rows_to_rescore,
)
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.truth.spans import changes_of
from sosie.stores.local.truth.vectors import VectorBlock, concatenate_blocks, vectors_of_rows


def search_until_certain(
    sources: Sequence[CandidateSource], comparison: DirectComparison, settings: LocalSettings
) -> list[list[ScoredRow]]:
    """The best rows for each query. Together, ``sources`` hold the vectors of all items that pass the filter."""
    search = comparison.search
    answers: dict[int, list[ScoredRow]] = {}
    fewest = max(settings.first_candidates, 2 * search.k)
    number = fewest
    if search.passing is not None:
        number = max(settings.first_passing, 2 * search.k)
    elif search.where:
        number = max(settings.first_candidates * 4, fewest)
    while len(answers) < len(search.queries):
        before, sources = sources, _cheapest_sources(comparison, sources, number, settings)
        number = number if sources is before else fewest
        unanswered = [query for query in range(len(search.queries)) if query not in answers]
        answers.update(_certain_answers(search, sources, unanswered, number))
        number *= 4
    return [answers[query] for query in range(len(search.queries))]


def vectors_for(search: VectorQuery, rows: Sequence[int]) -> Iterator[VectorBlock]:
    """The vectors of these rows, from segments where possible because that is faster, else from SQLite."""
    changes = changes_of(search.connection, search.space, rows)
    in_segments = {row for row, change in changes.items() if search.layers.hold(change)}
    yield from search.layers.vectors_of(np.array(sorted(in_segments), np.int64))
    yield from vectors_of_rows(search.connection, search.space, sorted(changes.keys() - in_segments))


def _cheapest_sources(
    comparison: DirectComparison, sources: Sequence[CandidateSource], number: int, settings: LocalSettings
) -> Sequence[CandidateSource]:
    """The same sources if they provide ``number`` candidates cheaply, else an exhaustive comparison.

    If many candidates had to be tested, the items that pass are far from the query. Then exhaustive comparison pays
    sooner.
    """
    search = comparison.search
    if all(source.complete for source in sources):
        return sources
    if any(not source.complete and number > source.most for source in sources):
        return [comparison.of_everything()]
    if search.tested and number >= TESTS_PER_COMPARISON * settings.first_candidates:
        rows = rows_passing(search.connection, search.tested, TESTS_PER_COMPARISON * settings.listed_rows)
        if rows is not None:
            return [comparison.of_rows(np.array(sorted(rows), np.int64))]
    return sources


def _chosen_rows(
    search: VectorQuery, candidates: Mapping[int, Candidates]
) -> tuple[dict[int, list[int]], dict[int, RowIdentity]]:
    """The rows to rescore for each query, and the identities that were read to choose them.

    Identities are read for the first candidates only, and for more if these do not suffice.
    """
    chosen: dict[int, list[int]] = {}
    identities: dict[int, RowIdentity] = {}
    ahead = search.k + 2 * SPARE_GROUPS
    while unchosen := candidates.keys() - chosen.keys():
        rows = {row for query in unchosen for row in candidates[query].rows[:ahead].tolist()}
        identities |= identities_of(search.connection, search.tested, search.distinct, rows - identities.keys())
        for query in unchosen:
            rows_of_query = rows_to_rescore(candidates[query], ahead, identities, search.k)
            if rows_of_query is not None:
                chosen[query] = rows_of_query
        ahead *= 4
    return chosen, identities


def _certain_answers(
    search: VectorQuery, sources: Sequence[CandidateSource], queries: Sequence[int], number: int
) -> Iterator[tuple[int, list[ScoredRow]]]:
    """The answers of the queries for which ``number`` candidates of each source are enough."""
    candidates = {query: collect_candidates(sources, query, number) for query in queries}
    chosen, identities = _chosen_rows(search, candidates)
    rows = sorted({row for of_query in chosen.values() for row in of_query})
    block = concatenate_blocks(vectors_for(search, rows), search.space.dim)
    places = {row: place for place, row in enumerate(block.rows.tolist())}
    for query in queries:
        own = [row for row in chosen[query] if row in places]
        cosines = exact_cosines(block.matrix[[places[row] for row in own]], search.queries[query])
        best = rank_rows(own, cosines, identities, search.k)
        frontier = candidates[query].frontier
        if candidates[query].complete or (len(best) == search.k and frontier < best[-1].score - COSINE_ERROR):
            yield query, best
