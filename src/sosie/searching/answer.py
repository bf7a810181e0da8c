"""The answer to a query: ranked products, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sosie.filters import Condition, Where
from sosie.filters.order import SortOrder, sort_records
from sosie.stores.base import Store
from sosie.types import Evidence, Hit, LooksEvidence, Manifest, Match, Record, SearchResult, Verdict


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that may match: its best item, its probability and its evidence."""

    hit: Hit
    probability: float | None = None
    evidence: Evidence = field(default_factory=LooksEvidence)


@dataclass(frozen=True, slots=True)
class Answer:
    """Candidates, best first. ``verdict`` and ``calibration`` are None if the catalog is not calibrated."""

    candidates: tuple[Candidate, ...]
    verdict: Verdict | None = None
    calibration: str | None = None

    @property
    def hits(self) -> tuple[Hit, ...]:
        """The items of the candidates."""
        return tuple(candidate.hit for candidate in self.candidates)

    @property
    def probability(self) -> float | None:
        """The probability of the first candidate."""
        return self.candidates[0].probability if self.candidates else None


def to_results(
    answers: Sequence[Answer],
    store: Store,
    manifest: Manifest,
    names: Sequence[str],
    k: int,
    min_probability: float | None = None,
    order: SortOrder | None = None,
    first: int = 1,
) -> list[SearchResult]:
    """Converts each answer to a search result with at most k matches.

    Candidates below ``min_probability`` are left out. Ranks follow the order of the candidates, counted from ``first``
    on. With an ``order``, matches are sorted by an attribute but keep these ranks.
    """
    shown = [
        [
            candidate
            for candidate in answer.candidates[:k]
            if min_probability is None or (candidate.probability or 0) >= min_probability
        ]
        for answer in answers
    ]
    views = count_views(store, [candidate.hit.record.product_id for candidates in shown for candidate in candidates])
    return [
        SearchResult(
            matches=sort_matches(to_matches(candidates, views, first), order),
            verdict=answer.verdict,
            query=name,
            embedder=manifest.embedder.name,
            calibration=answer.calibration,
            timings={},
        )
        for answer, candidates, name in zip(answers, shown, names, strict=True)
    ]


def to_matches(candidates: Sequence[Candidate], views: Mapping[str, int], first: int = 1) -> tuple[Match, ...]:
    """Converts candidates of different products to matches in the same order, with ranks from ``first`` on."""
    return tuple(_to_match(rank, candidate, views) for rank, candidate in enumerate(candidates, start=first))


def _to_match(rank: int, candidate: Candidate, views: Mapping[str, int]) -> Match:
    record = candidate.hit.record
    return Match(
        rank=rank,
        product_id=record.product_id,
        item_id=record.item_id,
        score=candidate.hit.score,
        same_product=candidate.probability,
        image=record.image,
        thumbnail=None,
        links=record.links,
        attributes=record.attributes,
        views=views.get(record.product_id, 1),
        evidence=candidate.evidence,
        content_sha256=record.content_sha256,
    )


def sort_matches(matches: tuple[Match, ...], order: SortOrder | None) -> tuple[Match, ...]:
    """Sorts matches by an attribute; matches without a value come last. Without an order, nothing changes."""
    if order is None:
        return matches
    by_id = {match.item_id: match for match in matches}
    records = [Record(match.item_id, match.product_id, match.image, (), match.attributes) for match in matches]
    return tuple(by_id[record.item_id] for record in sort_records(records, order))


def count_views(store: Store, product_ids: Sequence[str]) -> dict[str, int]:
    """The number of pictures of each product in the store."""
    if not product_ids:
        return {}
    unique = tuple(dict.fromkeys(product_ids))
    of_these = Where((Condition("product_id", "=", unique),))
    [facet] = store.facets(["product_id"], of_these, limit=len(unique) + 1)
    return {str(product_id): count for product_id, count in facet.values}
