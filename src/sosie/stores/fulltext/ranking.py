"""How items are ranked for words.

A word counts more the fewer items have it (inverse document frequency), and more in a short text such as a title than
in a long one: both ideas of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
2009), field by field, with the best field of each word. Words in the order of the search count a little more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sosie.stores.fulltext.asked import SAME_STEM, AskedWord, TextQuery
from sosie.stores.fulltext.words import words_of
from sosie.types import AttributeValue, Hit, Record

Distinct = Literal["product_id"] | None
FIRST_DEPTH = 200
GROWTH = 4
LENGTH_WEIGHT = 0.3
"""How much less a word counts in a longer text: in 60 words as much as 0.45 of one alone."""
ORDER_BONUS = 0.2


@dataclass(frozen=True, slots=True)
class Ranker:
    """Scores items for a query; ``items`` is how many there are, ``frequencies`` how many have each word."""

    query: TextQuery
    items: int
    frequencies: Mapping[str, int]
    qualities: dict[tuple[str, str], float] = field(default_factory=dict, repr=False)

    def score(self, record: Record) -> float | None:
        """How well the record matches, None where too few of the words do or a minus word stands in it."""
        fields = [words_of(text) for text in texts_of(record)]
        if any(self._best(minus, own)[0] >= SAME_STEM for minus in self.query.minus for own in fields):
            return None
        found = [[self._best(word, own) for own in fields] for word in self.query.words]
        if sum(any(quality for quality, _ in row) for row in found) < self.query.required:
            return None
        weights = [self._weight(word) for word in self.query.words]
        shares = [1 / (1 + LENGTH_WEIGHT * math.log(max(1, len(own)))) for own in fields]
        best = [max(quality * share for (quality, _), share in zip(row, shares, strict=True)) for row in found]
        return sum(weight * one for weight, one in zip(weights, best, strict=True)) + ORDER_BONUS * _in_order(
            found, shares, weights
        )

    def _best(self, asked: AskedWord, words: Sequence[str]) -> tuple[float, int]:
        """The best quality in a text, and where it first is."""
        qualities = [self._quality(asked, word) for word in words]
        best = max(qualities, default=0.0)
        return best, qualities.index(best) if best else -1

    def _quality(self, asked: AskedWord, word: str) -> float:
        known = self.qualities.get((asked.text, word))
        if known is None:
            known = self.qualities[asked.text, word] = asked.quality(word)
        return known

    def _weight(self, word: AskedWord) -> float:
        have = min(self.items, self.frequencies.get(word.text, 0))
        return math.log(1 + (self.items - have + 0.5) / (have + 0.5))


def best_hits(fetch: Callable[[int], Sequence[Record]], ranker: Ranker, k: int, distinct: Distinct = None) -> list[Hit]:
    """The k best of the records that ``fetch(depth)`` gives, more of them where that many are needed; ties by id."""
    depth = max(FIRST_DEPTH, 4 * k)
    while True:
        records = fetch(depth)
        hits = _ranked(records, ranker, distinct)
        if len(hits) >= k or len(records) < depth:
            return hits[:k]
        depth *= GROWTH


def frequencies_of(query: TextQuery, held: Mapping[str, int]) -> dict[str, int]:
    """How many items have each word of a query, or one that it stands for, summed over a catalog's words."""
    return {word.text: sum(count for other, count in held.items() if word.quality(other) > 0) for word in query.words}


def texts_of(record: Record) -> list[str]:
    """The ids and every string of a record, lists included."""
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


def _in_order(found: Sequence[Sequence[tuple[float, int]]], shares: Sequence[float], weights: Sequence[float]) -> float:
    """The weight of neighbors among the words that are neighbors in a field, too, in the same order."""
    total = 0.0
    for first, second, weight in zip(found, found[1:], weights, strict=False):
        together = [
            share for (one, at), (other, then), share in zip(first, second, shares, strict=True)
            if one and other and then == at + 1
        ]  # fmt: skip
        total += weight * max(together, default=0.0)
    return total
