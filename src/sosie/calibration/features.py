"""Features for the calibration, computed from the scores of an answer."""

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
"""Features of a candidate that need only scores:

- cosine: its cosine with the photo
- margin: its cosine minus that of the best other candidate
- vote: log of its share in the softmax over the cosines of the first ten candidates
- joined_margin, joined_vote: like margin and vote, with the scores that order candidates. Details raise or lower these

More features come from an adaptation (``Projection.evidence``) and from the geometry of details
(``details.joining.FEATURES``).
"""

NEIGHBORS = 10
TEMPERATURE = 0.05
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answers:
    """The first product of each of n answers (``first``), and the features of this product (``evidence``)."""

    evidence: Features
    first: npt.NDArray[np.str_]


def confidence_features(
    scores: Sequence[float] | Numbers,
    further: Mapping[str, npt.ArrayLike] = _NOTHING,
    joined: Sequence[float] | Numbers | None = None,
) -> Features:
    """The features of every candidate of one answer, each of shape (n,).

    - ``scores`` are the cosines of n different products, best first. Margin and vote depend on the other candidates, so
      give at least ``NEIGHBORS`` products if the catalog has that many.
    - ``joined`` are the scores that order candidates; without them, the cosines do.
    - ``further`` features have one number for each candidate, NaN where it is missing.
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
    """Margin and vote of each candidate, each of shape (n,); see ``FEATURES``."""
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
    """The first product of each of n queries, with its features, computed from cosines of shape (n, m) with m pictures.

    ``without`` names for each query a product to leave out, which simulates a catalog without this product. At least
    one product must remain. ``further`` features have the shape of the cosines.
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
    """The scores of the best ``NEIGHBORS`` products in each row, best first."""
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
