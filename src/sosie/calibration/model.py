"""A calibration as it is kept and used: plain JSON, bound to one embedder and one generation of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from sosie.calibration.features import Features, Numbers
from sosie.errors import StoreDamaged
from sosie.types import JSON, Verdict

MOST = 4.0
"""A feature further than this many deviations from what the model was fitted on says no more than there."""


DETAILS_FEATURE = "agreement"
"""The feature that every answer with details has; the room ``details`` names it."""

EVEN = 0.5
"""A match is never called below it, and "no match" never above it: the verdict cannot contradict the number shown."""

SUREST = 0.99
"""No number above it is shown: of goods that nobody saw yet, nothing is certain."""

DIGITS = 3
"""Digits of a probability: what differs by less is equally probable, and stands in the order of scores."""

_STEP = 10.0**-DIGITS
_NEARLY_EVEN = 0.495
"""From here up to one half a number would be read as 50 %, and a verdict below one half would contradict it."""

_RETIRED = frozenset({"known", "unknown_below"})
"""What earlier versions stored beside: a second probability, by which a verdict could contradict the one shown."""

_NO_MATCH_BELOW = 0.1
"""For calibrations of the version in between, which stored no threshold on the probability itself."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression on standardised features; a feature that is missing (NaN or absent) says nothing."""

    features: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, evidence: Features) -> Numbers:
        """The probabilities in (0, 1), shape (n,), of n candidates."""
        log_odds = np.full(len(next(iter(evidence.values()))), self.bias)
        for weight, values in zip(self.weights, self.standardised(evidence), strict=True):
            log_odds += weight * values
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))))

    def standardised(self, evidence: Features) -> list[Numbers]:
        """Each feature of the model, shape (n,): 0 where it is missing, and no further from 0 than ``MOST``."""
        missing = np.full(len(next(iter(evidence.values()))), np.nan)
        scaled = (
            (evidence.get(name, missing) - centre) / scale
            for name, centre, scale in zip(self.features, self.centre, self.scale, strict=True)
        )
        return [np.clip(np.where(np.isnan(values), 0.0, values), -MOST, MOST) for values in scaled]


@dataclass(frozen=True, slots=True)
class Quality:
    """What the calibration was worth on queries that did not fit it; a figure that could not be had is None.

    ``error``: expected calibration error in 5 bins of equal mass, and ``error_bound`` what it stays below in 95 % of
    samples with products drawn anew; ``known_auroc``: is the product in the catalog or not; ``match_share``: how many
    queries get the verdict "match", ``match_precision``: how many of these are right; ``absent_matched``: how many
    queries for products that the catalog does not have are called "match" all the same.
    """

    queries: int
    products: int
    error: float | None
    known_auroc: float | None
    match_share: float | None
    match_precision: float | None
    error_bound: float | None = None
    absent_matched: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Probabilities and verdicts for the answers of one generation of vectors of one embedder.

    ``model`` gives the probability that a candidate is the product in the photo: that the catalog has the product at
    all, times that it is this candidate if so. Queries for products that the catalog lacks take part in the fit. That
    one number is shown, ordered by, and judged: "match" from ``match_at`` on, the least probability that reaches the
    ``precision`` wished (never below 0.5; None where none reaches it); "no match" below ``no_match_below`` (never
    above 0.5). A ``provisional`` calibration was fitted on other pictures than the user's, so on looks alone it never
    says "match". Without ``orders_candidates`` it was fitted by an earlier version, to first candidates alone: its
    answers keep the order of scores.
    """

    fingerprint: str
    vectors: str
    model: Logistic
    precision: float
    match_at: float | None
    no_match_below: float
    quality: Quality
    provisional: bool = False
    orders_candidates: bool = True

    def __post_init__(self) -> None:
        if self.no_match_below > EVEN or (self.match_at is not None and self.match_at < EVEN):
            raise ValueError(f"thresholds {self.no_match_below}, {self.match_at}: expected at most and at least {EVEN}")

    def same_product(self, evidence: Features) -> list[float]:
        """For each candidate of one answer the probability that it is the product in the photo, as it is shown.

        ``evidence`` comes from ``confidence_features``. The probabilities are the model's, rounded to ``DIGITS``, at
        most what the verdict can stand for, and cut from the most probable on so that together they do not exceed 1:
        the photo shows one product. Where further features speak against the order of the scores, so do the
        probabilities.
        """
        found = self.shown(evidence)
        order = np.argsort(-found, kind="stable")
        left = np.maximum(0.0, 1.0 - np.concatenate([[0.0], np.cumsum(found[order])[:-1]]))
        found[order] = np.minimum(found[order], left.round(DIGITS))
        return [float(one) for one in found]

    def shown(self, evidence: Features) -> Numbers:
        """The probability of each candidate for itself, as it is shown: it never contradicts the verdict.

        Where a match is not called however sure the model is, on looks alone by a provisional calibration or because
        no answer reached the wished precision, the number stays below what a match would have.
        """
        agreement = evidence.get(DETAILS_FEATURE, np.zeros(len(next(iter(evidence.values())))))
        surest = SUREST if self.match_at is not None else min(SUREST, max(EVEN, self.precision)) - _STEP
        by_looks = min(self.match_at or surest, SUREST) - _STEP if self.provisional else surest
        found = np.minimum(self.model.probability(evidence), np.where(agreement > 0.0, surest, min(surest, by_looks)))
        found = found.round(DIGITS)
        return np.where((found >= _NEARLY_EVEN) & (found < EVEN), _NEARLY_EVEN - _STEP, found)

    @property
    def knows_details(self) -> bool:
        """Whether it was taught what the agreement of details is worth."""
        return DETAILS_FEATURE in self.model.features

    def verdict(self, probability: float) -> Verdict:
        """What to say of an answer whose first product has this probability, as ``same_product`` gives it."""
        if probability < self.no_match_below:
            return "no match"
        return "similar" if self.match_at is None or probability < self.match_at else "match"

    def fits(self, fingerprint: str, vectors: str) -> bool:
        """Whether it was fitted for this embedder and generation."""
        return (self.fingerprint, self.vectors) == (fingerprint, vectors)

    def to_dict(self) -> dict[str, JSON]:
        """The calibration as plain JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, JSON]) -> Calibration:
        """What ``to_dict`` wrote; ``StoreDamaged`` where it is none."""
        try:
            kept = {name: value for name, value in data.items() if name not in _RETIRED}
            read = {
                "model": _logistic(data["model"]),
                "quality": Quality(**data["quality"]),
                "match_at": None if data["match_at"] is None else max(EVEN, data["match_at"]),
                "no_match_below": min(EVEN, data.get("no_match_below", _NO_MATCH_BELOW)),
                "orders_candidates": data.get("orders_candidates", "learned" in data["model"]["features"]),
            }
            return cls(**{**kept, **read})
        except (KeyError, TypeError, ValueError) as error:
            raise StoreDamaged(
                f"the calibration kept in the store cannot be read ({error}); calibrate again"
            ) from error


def _logistic(data: Mapping[str, JSON]) -> Logistic:
    parts = {name: tuple(data[name]) for name in ("features", "centre", "scale", "weights")}
    return Logistic(**parts, bias=float(data["bias"]))
