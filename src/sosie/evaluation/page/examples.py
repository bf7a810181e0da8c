"""Selects queries for people to look at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sosie.evaluation.records import Answered

MOST = 12


def wrong_answers(judged: Sequence[Answered], most: int = MOST) -> list[Answered]:
    """Queries with a wrong first match, highest score first. Every product comes once before any comes twice."""
    return _varied((query for query in judged if query.first and not query.first[0].right), most)


def right_answers(judged: Sequence[Answered], most: int = MOST) -> list[Answered]:
    """Queries with a right first match, highest score first. Every product comes once before any comes twice."""
    return _varied((query for query in judged if query.first and query.first[0].right), most)


def _varied(answered: Iterable[Answered], most: int) -> list[Answered]:
    times: dict[str, int] = {}
    ranked = []
    for query in sorted(answered, key=lambda query: (-(query.first[0].score or 0.0), query.query)):
        repeat = times[query.product_id] = times.get(query.product_id, 0) + 1
        ranked.append((repeat, query))
    return [query for _, query in sorted(ranked, key=lambda pair: pair[0])[:most]]
