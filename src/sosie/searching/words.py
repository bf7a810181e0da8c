"""Searches by words: with full text, and with the network's text encoder. Words can also steer a search by picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from sosie.embedders.base import TextEncoder
from sosie.filters import Where
from sosie.filters.order import SortOrder, sort_records
from sosie.knowledge.knowledge import Knowledge
from sosie.searching.answer import Answer, Candidate
from sosie.searching.by_code import items_with_code
from sosie.searching.query import mean_vector
from sosie.stores.base import Store
from sosie.stores.fulltext.ranking import texts_of
from sosie.stores.fulltext.words import words_of
from sosie.types import Hit, Record, Vectors, Words

DEPTH = 50
"""Fewest products that each method contributes to the fusion."""
MOST_SORTED = 1000
"""Of the products that match words, at most this many are sorted by an attribute: those that fit best."""
RANK_OFFSET = 60
"""Constant of reciprocal rank fusion. 60 is from Cormack, Clarke and Büttcher, SIGIR 2009, and matters little."""
LONGEST_NAME = 12
"""A text with more words is a description, not a name."""
MINUS_SHARE = 0.5
"""Weight of minus words in a search by words alone. With 1, similar words would cancel each other."""


def answer_words(
    store: Store,
    knowledge: Knowledge,
    words: Words,
    encoder: TextEncoder | None,
    k: int,
    where: Where | None,
    order: SortOrder | None = None,
) -> Answer:
    """Searches by words: products, best first, without probabilities and verdict.

    First come products with this code, then products whose name contains all words, then the fusion of full text and,
    if the network has a text encoder, its embedding. With an ``order``, the best ``MOST_SORTED`` products by full text
    are sorted instead, and the first k are returned.
    """
    if order is not None:
        return _sorted_by_text(store, words, k, where, order)
    depth = max(k, DEPTH)
    by_text = store.search_text(words.text, depth, where, "product_id", words.minus)
    ways = [by_text]
    if encoder is not None:
        own = knowledge.generations.own
        [looks] = store.search(own, _direction(words, encoder)[np.newaxis], depth, where, "product_id")
        ways.append(looks)
    coded = [Hit(record.item_id, None, record) for record in items_with_code(store, knowledge, words.text, where)]
    named = [hit for hit in by_text if is_named(hit.record, words.text)]
    return Answer(tuple(map(Candidate, _first_of_each_product([*coded, *named, *fuse(ways)])[:k])))


def _sorted_by_text(store: Store, words: Words, k: int, where: Where | None, order: SortOrder) -> Answer:
    hits = store.search_text(words.text, max(k, MOST_SORTED), where, "product_id", words.minus)
    by_id = {hit.item_id: hit for hit in hits}
    records = sort_records([hit.record for hit in hits], order)
    return Answer(tuple(Candidate(by_id[record.item_id]) for record in records[:k]))


def is_named(record: Record, text: str) -> bool:
    """True if every word of a text is in the names of an item; endings of up to two letters may differ.

    Names are ids and short texts, such as title, brand and category. People who type a name want this product, so it
    ranks above products that only look similar.
    """
    fields = [words_of(field) for field in texts_of(record)]
    name_words = {word for field in fields if len(field) <= LONGEST_NAME for word in field}
    return all(any(_is_form(word, name_word) for name_word in name_words) for word in words_of(text))


def _is_form(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    return word == other or (len(shorter) >= 3 and len(longer) - len(shorter) <= 2 and longer.startswith(shorter))


def answer_steered(
    store: Store, knowledge: Knowledge, own: Vectors, k: int, where: Where | None, without: str | None = None
) -> Answer:
    """The products most similar to a steered vector, shape (dim,), before any adaptation. ``without`` is left out."""
    generations = knowledge.generations
    [query_vector] = generations.query_vectors(own[np.newaxis])
    return answer_stored(store, generations.active, query_vector, k, where, without)


def answer_stored(
    store: Store, name: str, vector: Vectors, k: int, where: Where | None, without: str | None = None
) -> Answer:
    """The k products nearest to a vector of a generation, shape (dim,). The product ``without`` is left out."""
    [hits] = store.search(name, vector[np.newaxis], k + 1, where, "product_id")
    return Answer(tuple(Candidate(hit) for hit in hits if hit.record.product_id != without)[:k])


def steer(own: Vectors, words: Words, encoder: TextEncoder) -> Vectors:
    """Moves the vector of a picture, shape (dim,), toward the words and away from minus words; unit length."""
    toward = encoder.embed_words([words.text])[0]
    moved = (1 - words.weight) * own + words.weight * toward
    if words.minus:
        moved = moved - words.weight * encoder.embed_words([words.minus])[0]
    return np.asarray(mean_vector(moved[np.newaxis].astype(np.float32))[0], np.float32)


def fuse(ways: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Combines the hits of several methods by the sum of reciprocal ranks; equal sums are ordered by item_id.

    Every method gives one hit a product. A product keeps the item and score of a method that compares vectors, if any.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    best: dict[str, Hit] = {}
    for way in ways:
        for rank, hit in enumerate(way, start=1):
            product = hit.record.product_id
            scores[product] += 1 / (RANK_OFFSET + rank)
            held = best.setdefault(product, hit)
            if held.score is None and hit.score is not None:
                best[product] = hit
    return sorted(best.values(), key=lambda hit: (-scores[hit.record.product_id], hit.item_id))


def _direction(words: Words, encoder: TextEncoder) -> Vectors:
    """The unit vector of words alone, shape (dim,)."""
    if not words.minus:
        return np.asarray(encoder.embed_words([words.text])[0], np.float32)
    toward, away = encoder.embed_words([words.text, words.minus])
    return np.asarray(mean_vector((toward - MINUS_SHARE * away)[np.newaxis])[0], np.float32)


def _first_of_each_product(hits: Iterable[Hit]) -> list[Hit]:
    first: dict[str, Hit] = {}
    for hit in hits:
        held = first.setdefault(hit.record.product_id, hit)
        if held.score is None and hit.score is not None and held.item_id == hit.item_id:
            first[hit.record.product_id] = replace(held, score=hit.score)
    return list(first.values())
