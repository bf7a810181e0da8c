"""Continues a search: gets the next matches after those of an answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sosie.embedders.base import TextEncoder
from sosie.errors import UsageError
from sosie.filters import bind
from sosie.filters.order import order_from
from sosie.knowledge.knowledge import Knowledge
from sosie.searching.answer import Answer, Candidate, to_results
from sosie.searching.places import SearchPlace
from sosie.searching.query import Query
from sosie.searching.searcher import answer_queries
from sosie.searching.words import answer_stored, answer_words
from sosie.stores.base import Store
from sosie.types import SearchResult, Words


def go_on(result: SearchResult, place: SearchPlace, k: int) -> SearchResult:
    """Adds to a result the place where a search continues. A result with fewer than k matches is the last one."""
    if len(result.matches) < k:
        return result
    lowest = min((match.same_product for match in result.matches if match.same_product is not None), default=None)
    return replace(result, next=place.behind((match.product_id for match in result.matches), lowest).to_text())


def more_matches(
    store: Store, knowledge: Knowledge, place: SearchPlace, k: int, encoder: TextEncoder | None
) -> SearchResult:
    """Searches for the next k matches. The verdict stays that of the whole search.

    A photo search is continued by the embedding alone: products with agreeing details are in the first answer.
    Probabilities never exceed those of earlier answers.
    """
    answer = _answer(store, knowledge, place, k, encoder)
    rest = [candidate for candidate in answer.candidates if not place.has_shown(candidate.hit.record.product_id)][:k]
    capped = Answer(tuple(_capped(candidate, place.lowest) for candidate in rest), place.verdict, answer.calibration)
    order = None if place.sort is None else order_from(place.sort, knowledge.manifest.attributes)
    [result] = to_results(
        [capped], store, knowledge.manifest, [place.query], k, place.min_probability, order, place.rank + 1
    )
    return go_on(result, place, k)


def _answer(store: Store, knowledge: Knowledge, place: SearchPlace, k: int, encoder: TextEncoder | None) -> Answer:
    where = bind(place.where or None, knowledge.manifest.attributes)
    wanted = len(place.shown) + k
    if place.text:
        order = None if place.sort is None else order_from(place.sort, knowledge.manifest.attributes)
        return answer_words(store, knowledge, Words(place.text, place.minus), encoder, wanted, where, order)
    generations = knowledge.generations
    if place.generation not in (generations.own, generations.active) or (
        len(place.vector) != knowledge.manifest.vectors[place.generation]
    ):
        raise UsageError("the catalog was adapted or migrated since this answer: search again")
    if place.is_judged:
        [answer] = answer_queries(store, knowledge, [Query(place.vector[np.newaxis])], wanted, where)
        return answer
    vector = place.vector
    if place.generation == generations.own:
        [vector] = generations.query_vectors(vector[np.newaxis])
    return answer_stored(store, generations.active, vector, wanted, where)


def _capped(candidate: Candidate, lowest: float | None) -> Candidate:
    if lowest is None or candidate.probability is None:
        return candidate
    return replace(candidate, probability=min(candidate.probability, lowest))
