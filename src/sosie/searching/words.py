"""Search by words: alone, by full text and by the network's text side; beside a picture, which they steer."""

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
"""How many products of each way are joined, at least."""
MOST_SORTED = 1000
"""How many products that words find are sorted by an attribute; those that fit worst are left out."""
RANK_OFFSET = 60
"""Of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009, found 60 and that it matters little."""
LONGEST_NAME = 12
"""Words of a text that is still a name; descriptions have more."""
MINUS_SHARE = 0.5
"""How far minus words push words alone away; as much as the words themselves would leave no direction of their own."""


def answer_words(
    store: Store,
    knowledge: Knowledge,
    words: Words,
    encoder: TextEncoder | None,
    k: int,
    where: Where | None,
    order: SortOrder | None = None,
) -> Answer:
    """The products that the words mean, best first, without probabilities and verdict.

    Products with the words as their code come first, then those that all the words name, then the fusion of what full
    text finds with what looks like the words, where the network has a text side. With an ``order`` the first k of it
    come instead, among the best ``MOST_SORTED`` that full text finds.
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
    """Whether every word of a text, but for an ending of two letters, stands in the names of an item.

    Names are ids and short texts, such as title, brand and category. Who types a name means that product, and a
    network that reads words must not put another before it.
    """
    fields = [words_of(field) for field in texts_of(record)]
    held = {word for field in fields if len(field) <= LONGEST_NAME for word in field}
    return all(any(_is_form(word, other) for other in held) for word in words_of(text))


def _is_form(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    return word == other or (len(shorter) >= 3 and len(longer) - len(shorter) <= 2 and longer.startswith(shorter))


def answer_steered(
    store: Store, knowledge: Knowledge, own: Vectors, k: int, where: Where | None, without: str | None = None
) -> Answer:
    """The products most like an own vector, shape (dim,), that words have steered; without one product."""
    generations = knowledge.generations
    [asked] = generations.asked(own[np.newaxis])
    return answer_stored(store, generations.active, asked, k, where, without)


def answer_stored(
    store: Store, name: str, vector: Vectors, k: int, where: Where | None, without: str | None = None
) -> Answer:
    """The k products nearest to a vector of a generation, shape (dim,), by looks alone; without one product."""
    [hits] = store.search(name, vector[np.newaxis], k + 1, where, "product_id")
    return Answer(tuple(Candidate(hit) for hit in hits if hit.record.product_id != without)[:k])


def steer(own: Vectors, words: Words, encoder: TextEncoder) -> Vectors:
    """The vector of a picture, shape (dim,), drawn towards the words and away from minus words; unit length."""
    towards = encoder.embed_words([words.text])[0]
    moved = (1 - words.weight) * own + words.weight * towards
    if words.minus:
        moved = moved - words.weight * encoder.embed_words([words.minus])[0]
    return np.asarray(mean_vector(moved[np.newaxis].astype(np.float32))[0], np.float32)


def fuse(ways: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Hits of several ways, one for each product, by the sum of the reciprocals of their ranks; ties by item_id.

    A product keeps the score and item of the way that compared vectors, where one did.
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
    towards, away = encoder.embed_words([words.text, words.minus])
    return np.asarray(mean_vector((towards - MINUS_SHARE * away)[np.newaxis])[0], np.float32)


def _first_of_each_product(hits: Iterable[Hit]) -> list[Hit]:
    first: dict[str, Hit] = {}
    for hit in hits:
        held = first.setdefault(hit.record.product_id, hit)
        if held.score is None and hit.score is not None and held.item_id == hit.item_id:
            first[hit.record.product_id] = replace(held, score=hit.score)
    return list(first.values())
