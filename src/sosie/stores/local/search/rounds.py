"""Search: candidates from the snapshot and the tail, checked and scored anew with the numbers of the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sosie.stores.local.search.candidates import CandidateSource, collect_candidates
from sosie.stores.local.search.exhaustive import SOONER, Question, compared, listed
from sosie.stores.local.search.rescoring import LIKENESS, Found, chosen_of, known_of, ranked, true_cosines
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.truth.vectors import joined, of_rows, passing


def answer(question: Question, sources: Sequence[CandidateSource], settings: LocalSettings) -> list[list[Found]]:
    """For each query the best rows. ``sources`` hold, between them, a vector of every item that passes."""
    answers: dict[int, list[Found]] = {}
    fewest = max(settings.first_candidates, 2 * question.k)
    number = max(settings.first_candidates * 4, fewest) if question.where else fewest
    while len(answers) < len(question.queries):
        before, sources = sources, _sources(question, sources, number, settings)
        number = number if sources is before else fewest
        open_queries = [query for query in range(len(question.queries)) if query not in answers]
        answers.update(_round(question, sources, open_queries, number))
        number *= 4
    return [answers[query] for query in range(len(question.queries))]


def _sources(
    question: Question, sources: Sequence[CandidateSource], number: int, settings: LocalSettings
) -> Sequence[CandidateSource]:
    """The same sources while they can give so many candidates at a fair price, else everything that passes, compared.

    Where many candidates did not pass, the query lies elsewhere than what passes: then comparing is the cheaper way
    sooner.
    """
    if all(source.complete for source in sources):
        return sources
    if any(not source.complete and number > min(source.size, settings.most_candidates) for source in sources):
        return [compared(question, passing(question.connection, question.space, question.where))]
    if question.where and number >= SOONER * settings.first_candidates:
        rows = listed(question.connection, question.where, SOONER * settings.listed_rows)
        if rows is not None:
            return [compared(question, of_rows(question.connection, question.space, rows))]
    return sources


def _round(
    question: Question, sources: Sequence[CandidateSource], queries: Sequence[int], number: int
) -> Iterator[tuple[int, list[Found]]]:
    """The answers of the queries for which ``number`` candidates of each source were enough."""
    found = {query: collect_candidates(sources, query, number) for query in queries}
    known = known_of(question, {row for one in found.values() for row in one.rows.tolist()})
    chosen = {query: chosen_of(one, known, question.k) for query, one in found.items()}
    rows = sorted({row for one in chosen.values() for row in one})
    block = joined(of_rows(question.connection, question.space, rows), question.space.dim)
    places = {row: place for place, row in enumerate(block.rows.tolist())}
    for query in queries:
        own = [row for row in chosen[query] if row in places]
        cosines = true_cosines(block.matrix[[places[row] for row in own]], question.queries[query])
        best = ranked(own, cosines, known, question.k)
        if found[query].complete or (len(best) == question.k and found[query].frontier < best[-1].score - LIKENESS):
            yield query, best
