"""Ranks items for words.

A word counts more if fewer items have it (inverse document frequency), and if its text is short, such as a title. Both
weights are from BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009). Each
text of an item is scored separately, and the best text counts for each word. Words in the order of the search count a
little more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sosie.stores.fulltext.asked import SAME_STEM, SearchWord, TextQuery
from sosie.stores.fulltext.words import words_of
from sosie.types import AttributeValue, Hit, Record

Distinct = Literal["product_id"] | None
FIRST_DEPTH = 200
GROWTH = 4
LENGTH_WEIGHT = 0.3
"""How much weight a word loses in longer texts: among 60 words it has 0.45 of its weight in a text of one word."""
ORDER_BONUS = 0.2


@dataclass(frozen=True, slots=True)
class Ranker:
    """Scores items for a query. ``items`` is their number, ``frequencies`` the number of items with each word."""

    query: TextQuery
    items: int
    frequencies: Mapping[str, int]
    qualities: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    def score(self, record: Record) -> float | None:
        """The score of a record; None if too few words match, or if the record has a minus word."""
        fields = [words_of(text) for text in texts_of(record)]
        if any(self._best(minus, own)[0] >= SAME_STEM for minus in self.query.minus for own in fields):
            return None
        matches = [[self._best(word, own) for own in fields] for word in self.query.words]
        if sum(any(quality for quality, _ in row) for row in matches) < self.query.required:
            return None
        weights = [self._weight(word) for word in self.query.words]
        shares = [1 / (1 + LENGTH_WEIGHT * math.log(max(1, len(own)))) for own in fields]
        best = [max(quality * share for (quality, _), share in zip(row, shares, strict=True)) for row in matches]
        return sum(
            weight * share_of_word for weight, share_of_word in zip(weights, best, strict=True)
        ) + ORDER_BONUS * _in_order(matches, shares, weights)

    def _best(self, search_word: SearchWord, words: Sequence[str]) -> tuple[float, int]:
        """The best match of a word in a text, and its first position."""
        qualities = [self._quality(search_word, word) for word in words]
        best = max(qualities, default=0.0)
        return best, qualities.index(best) if best else -1

    def _quality(self, search_word: SearchWord, word: str) -> float:
        quality = self.qualities.get((search_word.text, word))
        if quality is None:
            quality = self.qualities[search_word.text, word] = search_word.quality(word)
        return quality

    def _weight(self, word: SearchWord) -> float:
        have = min(self.items, self.frequencies.get(word.text, 0))
        return math.log(1 + (self.items - have + 0.5) / (have + 0.5))


def best_hits(fetch: Callable[[int], Sequence[Record]], ranker: Ranker, k: int, distinct: Distinct = None) -> list[Hit]:
    """The k best records; equal scores are ordered by id. If ``fetch(depth)`` gives too few, ``depth`` is enlarged."""
    depth = max(FIRST_DEPTH, 4 * k)
    while True:
        records = fetch(depth)
        hits = _ranked(records, ranker, distinct)
        if len(hits) >= k or len(records) < depth:
            return hits[:k]
        depth *= GROWTH


def frequencies_of(query: TextQuery, held: Mapping[str, int]) -> dict[str, int]:
    """For each word of a query, the number of items that have it or a matching word; ``held`` are a catalog's words."""
    return {word.text: sum(count for other, count in held.items() if word.quality(other) > 0) for word in query.words}


def texts_of(record: Record) -> list[str]:
    """The ids and every string of a record, also those in lists."""
    return [
        record.item_id,
        record.product_id,
        *(text for value in record.attributes.values() for text in _texts(value)),
    ]


def _ranked(records: Iterable[Record], ranker: Ranker, distinct: Distinct) -> list[Hit]:
    scored = [(score, record) for record in records if (score := ranker.score(record)) is not None]
    scored.sort(key=lambda pair: (-pair[0], pair[1].item_id))
    seen: dict[str, Hit] = {}
    for _, record in scored:
        seen.setdefault(record.product_id if distinct else record.item_id, Hit(record.item_id, None, record))
    return list(seen.values())


def _texts(value: AttributeValue) -> Sequence[str]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, tuple) else ()


def _in_order(
    matches: Sequence[Sequence[tuple[float, int]]], shares: Sequence[float], weights: Sequence[float]
) -> float:
    """The weight of neighboring words of the search that are also neighbors, in the same order, in a text."""
    total = 0.0
    for first, second, weight in zip(matches, matches[1:], weights, strict=False):
        together = [
            share for (quality, at), (next_quality, then), share in zip(first, second, shares, strict=True)
            if quality and next_quality and then == at + 1
        ]  # fmt: skip
        total += weight * max(together, default=0.0)
    return total
