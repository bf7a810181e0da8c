"""Measures the quality of probabilities: reliability bins, calibration error, Brier score and AUROC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.errors import UsageError
from sosie.evaluation.metrics import Values

BINS = 5


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar probability: their number, weight, mean probability, and share of right answers."""

    count: int
    mass: float
    probability: float
    right: float


def reliability(
    probabilities: Values, right: npt.ArrayLike, bins: int = BINS, weights: Values | None = None
) -> list[Bin]:
    """At most ``bins`` bins of equal mass, lowest probability first.

    ``probabilities``, ``right`` (true or false) and ``weights`` (default: all equal) have shape (n,). Equal
    probabilities stay in one bin, so bins may be uneven or fewer. Source: Nixon et al., "Measuring Calibration in Deep
    Learning", CVPR workshops 2019 (adaptive calibration error).
    """
    order = np.argsort(probabilities, kind="stable")
    ordered, truth = probabilities[order], _truth(probabilities, right)[order]
    mass = np.ones(len(order)) if weights is None else weights[order]
    wished = np.searchsorted(np.cumsum(mass), mass.sum() * np.arange(1, bins) / bins - 1e-9) + 1
    borders = sorted({int(np.searchsorted(ordered, ordered[cut])) for cut in wished if cut < len(ordered)} - {0})
    parts = zip(*(np.split(values, borders) for values in (ordered, truth, mass)), strict=True)
    return [
        Bin(len(p), float(m.sum()), float(np.average(p, weights=m)), float(np.average(t, weights=m)))
        for p, t, m in parts
        if len(p)
    ]


def expected_calibration_error(
    probabilities: Values, right: npt.ArrayLike, bins: int = BINS, weights: Values | None = None
) -> float:
    """Mean distance between probability and share of right answers over bins of equal mass; NaN without answers.

    Source: Naeini, Cooper, Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
    """
    parts = reliability(probabilities, right, bins, weights)
    total = sum(part.mass for part in parts)
    return sum(part.mass * abs(part.probability - part.right) for part in parts) / total if total else float("nan")


def brier(probabilities: Values, right: npt.ArrayLike) -> float:
    """Mean squared distance between probability and truth; NaN without answers. Source: Brier 1950."""
    truth = _truth(probabilities, right)
    return float(((probabilities - truth) ** 2).mean()) if len(truth) else float("nan")


def auroc(scores: Values, positive: npt.ArrayLike) -> float:
    """The probability that a positive scores above a negative; ties count half. NaN if either kind is missing.

    Source: Hanley, McNeil, "The meaning and use of the area under a ROC curve", Radiology 1982.
    """
    truth = _truth(scores, positive) > 0.5
    positives, negatives = np.sort(scores[truth]), np.sort(scores[~truth])
    if not len(positives) or not len(negatives):
        return float("nan")
    below = np.searchsorted(negatives, positives, side="left").sum()
    not_above = np.searchsorted(negatives, positives, side="right").sum()
    return float((below + not_above) / (2 * len(positives) * len(negatives)))


def _truth(values: Values, right: Sequence[bool] | npt.ArrayLike) -> Values:
    truth = np.asarray(right, dtype=np.float64)
    if truth.shape != values.shape:
        raise UsageError(f"{values.shape} probabilities and {truth.shape} truths do not pair; give one truth for each")
    return truth
