"""Confidence features computed from the returned scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors

Numbers: TypeAlias = npt.NDArray[np.float64]
Features: TypeAlias = Mapping[str, Numbers]
"""Features by name, each of shape (n,), float64; NaN where a feature is missing."""

FEATURES = ("cosine", "margin", "vote", "joined_margin", "joined_vote")
"""Features from scores alone. cosine: of the candidate; margin: to the best other; vote: log of its softmax share among
the first ten; joined_margin, joined_vote: the same of the score that candidates are ordered by, which details
raise or lower. Further features come from an adaptation (``Projection.evidence``) and from the geometry of details."""

NEIGHBORS = 10
TEMPERATURE = 0.05
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answers:
    """The evidence for the first product of n answers, and that product."""

    evidence: Features
    first: npt.NDArray[np.str_]


def confidence_features(
    scores: Sequence[float] | Numbers,
    further: Mapping[str, npt.ArrayLike] = _NOTHING,
    joined: Sequence[float] | Numbers | None = None,
) -> Features:
    """The features of every candidate of one answer.

    ``scores`` are cosines of different products, best first; at least ``NEIGHBORS`` of them if the catalog has that
    many, because margin and vote depend on the other candidates. ``joined`` are the scores by which candidates are
    ordered, if they differ. ``further`` features have one number for each candidate, NaN where it has none.
    """
    cosines = np.asarray(scores, dtype=np.float64)
    if not len(cosines):
        return {name: np.zeros(0) for name in (*FEATURES, *further)}
    ordered_by = cosines if joined is None else np.asarray(joined, dtype=np.float64)
    margin, vote = _margin_and_vote(cosines)
    joined_margin, joined_vote = _margin_and_vote(ordered_by)
    more = {name: np.asarray(values, dtype=np.float64) for name, values in further.items()}
    by_scores = (cosines, margin, vote, joined_margin, joined_vote)
    return {**dict(zip(FEATURES, by_scores, strict=True)), **more}


def _margin_and_vote(scores: Numbers) -> tuple[Numbers, Numbers]:
    """The margin of each score to the best other, and the log of its share of the softmax over the first ten."""
    order = np.argsort(-scores, kind="stable")
    second = scores[order[1]] if len(scores) > 1 else -1.0
    best_other = np.where(np.arange(len(scores)) == order[0], second, scores[order[0]])
    return scores - best_other, scores / TEMPERATURE - _log_votes(scores[order][None])[0]


def answers_of(
    similarities: Vectors,
    gallery_products: npt.NDArray[np.str_],
    without: npt.NDArray[np.str_] | None = None,
    further: Mapping[str, Vectors] = _NOTHING,
) -> Answers:
    """The evidence for the first product of each of n queries from their cosines with a gallery, shape (n, m).

    ``without`` names a product for each query that is left out of its answer, to simulate a product that the catalog
    lacks. The gallery must have at least one product that is not left out. ``further`` features have the shape of the
    cosines.
    """
    shown = similarities.astype(np.float64)
    if without is not None:
        shown[gallery_products[None, :] == without[:, None]] = -np.inf
    first = shown.argmax(axis=1)
    top = _best_products(shown, gallery_products)
    second = np.where(np.isfinite(top[:, 1]), top[:, 1], -1.0) if top.shape[1] > 1 else np.full(len(top), -1.0)
    cosine = top[:, 0]
    more = {name: values[np.arange(len(first)), first].astype(np.float64) for name, values in further.items()}
    margin, vote = cosine - second, cosine / TEMPERATURE - _log_votes(top)
    evidence = {**dict(zip(FEATURES, (cosine, margin, vote, margin, vote), strict=True)), **more}
    return Answers(evidence, gallery_products[first])


def _best_products(similarities: Numbers, gallery_products: npt.NDArray[np.str_]) -> Numbers:
    """The scores of the first ``NEIGHBORS`` products of each row, best first."""
    names, index = np.unique(gallery_products, return_inverse=True)
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(len(names)))
    best = np.maximum.reduceat(similarities[:, order], starts, axis=1)
    depth = min(NEIGHBORS, len(names))
    top = np.partition(best, len(names) - depth, axis=1)[:, len(names) - depth :]
    return np.asarray(-np.sort(-top, axis=1), dtype=np.float64)


def _log_votes(scores: Numbers) -> Numbers:
    """Log of the sum of exp(score / temperature) over the first ten scores of each row."""
    scaled = scores[:, :NEIGHBORS] / TEMPERATURE
    highest = scaled.max(axis=1)
    return np.asarray(highest + np.log(np.exp(scaled - highest[:, None]).sum(axis=1)), dtype=np.float64)
