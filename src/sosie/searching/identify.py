"""Classifies a picture by the votes of its k nearest neighbors."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import exp

from sosie.filters import value_of
from sosie.types import JSON, Hit

TEMPERATURE = 0.03
"""A neighbor whose cosine is lower by this difference has 1 / e of the weight; measured in docs/evaluation.md."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label with its ``share`` of the votes' total weight, its number of ``votes``, and its nearest item."""

    label: str
    share: float
    votes: int
    item_id: str
    score: float


@dataclass(frozen=True, slots=True)
class Identification:
    """The labels, best first. Shares add up to 1. ``silent`` is the number of neighbors without the attribute.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     identification = catalog.identify("photo.jpg", by="brand", k=1)
    >>> [(label.label, label.votes) for label in identification.labels]
    [('Acme', 1)]
    """

    query: str
    by: str
    labels: tuple[Label, ...]
    neighbors: int
    silent: int

    @property
    def neighbours(self) -> int:
        """The former name of ``neighbors``."""
        return self.neighbors

    def to_dict(self) -> dict[str, JSON]:
        """The labels as plain JSON."""
        return {("neighbours" if name == "neighbors" else name): value for name, value in asdict(self).items()}


def vote(hits: Sequence[Hit], by: str, query: str, temperature: float = TEMPERATURE) -> Identification:
    """The labels of the nearest items, weighted by exp((cosine − best cosine) / temperature).

    An item with several values of the attribute divides its vote among them. Sources: Dudani, "The distance-weighted
    k-nearest-neighbor rule", IEEE SMC 1976; for exponential weights: Wu et al., "Unsupervised Feature Learning via
    Non-Parametric Instance Discrimination", CVPR 2018, section 3.4.
    """
    weights: defaultdict[str, float] = defaultdict(float)
    votes: Counter[str] = Counter()
    best: dict[str, Hit] = {}
    silent = 0
    top = max((hit.score or 0.0 for hit in hits), default=0.0)
    for hit in hits:
        labels = _labels(hit, by)
        silent += not labels
        for label in labels:
            weights[label] += exp(((hit.score or 0.0) - top) / temperature) / len(labels)
            votes[label] += 1
            best.setdefault(label, hit)
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda label: (-weights[label], label))
    ranked_labels = tuple(
        Label(label, weights[label] / total, votes[label], best[label].item_id, best[label].score or 0.0)
        for label in ranked
    )
    return Identification(query, by, ranked_labels, len(hits), silent)


def _labels(hit: Hit, by: str) -> tuple[str, ...]:
    value = value_of(hit.record, by)
    if value is None:
        return ()
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else (str(value),)
