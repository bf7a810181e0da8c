"""A calibration: plain JSON, bound to an embedder and a generation of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from sosie.calibration.features import Features, Numbers
from sosie.errors import StoreDamaged
from sosie.types import JSON, Verdict

MAX_SIGMA = 4.0
"""Features are clipped to this many standard deviations."""


DETAILS_FEATURE = "agreement"
"""Every answer with details has this feature; the package ``details`` computes it."""

CONTESTED_FEATURE = "contested"
"""1 if another product explains the photo equally well, so that a candidate is not called a match.

The package ``details`` computes it; ``searching.evidence`` also sets it for a candidate with a lower score than a
product that the filter excludes.
"""

DIFFERING_FEATURE = "differing"
"""1 if a part of the print differs in the photo: the candidate may be a sibling, or something stands before it.

So a ``provisional`` calibration does not call it a match. One that was fitted on a shop's own photos ignores it.
"""

HALF = 0.5
""""match" is never below and "no match" never above it, so that the verdict agrees with the probability shown."""

MAX_PROBABILITY = 0.99
"""Largest probability that is shown, because nothing is certain on unseen goods."""

CONTESTED_PROBABILITY = 0.85
"""Largest probability of a contested candidate. Of the contested candidates to which the regression gives 0.8 or more,
0.85 are right on drawn variants, and 0.86 on photos of groceries and cosmetics (docs/quality-probabilities.md)."""

DIGITS = 3
"""Digits of a probability; candidates with equal rounded probabilities are ordered by score."""

_STEP = 10.0**-DIGITS
_NEARLY_HALF = 0.495
"""From here to 0.5 a probability would be displayed as 50 %, in contradiction to its verdict."""

_RETIRED = frozenset({"known", "unknown_below", "rivals"})
"""Fields of earlier versions: a second probability, which could contradict the one shown, and scores of typical wrong
products, for small catalogs."""

_NO_MATCH_BELOW = 0.1
"""For calibrations of an earlier version, which stored no threshold on the probability."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression on standardized features; a missing feature (NaN or absent) has no effect."""

    features: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, evidence: Features) -> Numbers:
        """The probabilities in (0, 1), shape (n,), of n candidates."""
        log_odds = np.full(len(next(iter(evidence.values()))), self.bias)
        for weight, values in zip(self.weights, self.standardized(evidence), strict=True):
            log_odds += weight * values
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))))

    def standardized(self, evidence: Features) -> list[Numbers]:
        """Each feature of the model, shape (n,): 0 if it is missing, and clipped to ± ``MAX_SIGMA``."""
        missing = np.full(len(next(iter(evidence.values()))), np.nan)
        scaled = (
            (evidence.get(name, missing) - center) / scale
            for name, center, scale in zip(self.features, self.center, self.scale, strict=True)
        )
        return [np.clip(np.where(np.isnan(values), 0.0, values), -MAX_SIGMA, MAX_SIGMA) for values in scaled]


def may_match(evidence: Features, provisional: bool) -> npt.NDArray[np.bool_]:
    """True for candidates that may be called a match, shape (n,).

    A candidate may not if another product explains the photo equally well. A ``provisional`` calibration never says
    "match" on looks alone, nor if a part of the print differs in the photo.
    """
    agreeing = evidence.get(DETAILS_FEATURE, _nothing(evidence)) > 0.0
    return np.asarray(~_is_contested(evidence, provisional) & (agreeing | (not provisional)))


def largest_probability(evidence: Features, provisional: bool) -> Numbers:
    """The largest probability that each candidate may have, shape (n,): less if another may explain the photo."""
    return np.where(_is_contested(evidence, provisional), CONTESTED_PROBABILITY, MAX_PROBABILITY)


def _is_contested(evidence: Features, provisional: bool) -> npt.NDArray[np.bool_]:
    """True where another product explains the photo equally well, or may do so because a part of the print differs."""
    nothing = _nothing(evidence)
    contested = evidence.get(CONTESTED_FEATURE, nothing) > 0.0
    return np.asarray(contested | (provisional & (evidence.get(DIFFERING_FEATURE, nothing) > 0.0)))


def _nothing(evidence: Features) -> Numbers:
    return np.zeros(len(next(iter(evidence.values()))))


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of a calibration on held-out queries; figures that could not be estimated are None.

    ``error``: expected calibration error in 5 bins of equal mass; ``error_bound``: its 95 % quantile when products are
    resampled; ``known_auroc``: area under the ROC curve for telling photos of products in the catalog from photos of
    absent ones; ``match_share``: how many queries get the verdict "match", ``match_precision``: how many of these are
    right; ``absent_matched``: how many queries for products that the catalog does not have are nevertheless called
    "match".
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

    ``model`` is one regression; it directly estimates the joint probability that the catalog has the product and that
    this candidate is it. Queries for products that the catalog lacks take part in the fit. The probability is shown, it
    orders the candidates, and the verdict follows from it: "match" from ``match_at`` on, "no match" below
    ``no_match_below``, which is never above 0.5. ``match_at`` is the least probability at which the target
    ``precision`` is reached and few queries for absent products match. It is never below 0.5, and None if there is no
    such probability. A ``provisional`` calibration was fitted on pictures of other catalogs, so it never says "match"
    on looks alone. Without ``orders_candidates`` it was fitted by an earlier version on first candidates only, and
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
        if self.no_match_below > HALF or (self.match_at is not None and self.match_at < HALF):
            raise ValueError(
                f"no_match_below is {self.no_match_below} (expected at most {HALF}), "
                f"match_at is {self.match_at} (expected None or at least {HALF})"
            )

    def same_product(self, evidence: Features) -> list[float]:
        """The probability of each candidate of an answer to be the product in the photo, as it is shown.

        ``evidence`` comes from ``confidence_features``. The probabilities are the model's, rounded to ``DIGITS``,
        limited so that they agree with the verdict, and cut in descending order so that their sum does not exceed 1,
        because the photo shows one product. Their order may differ from that of the scores because of further features.
        """
        shown = self.shown(evidence)
        order = np.argsort(-shown, kind="stable")
        left = np.maximum(0.0, 1.0 - np.concatenate([[0.0], np.cumsum(shown[order])[:-1]]))
        shown[order] = _unlike_half(np.minimum(shown[order], left.round(DIGITS)))
        return [float(probability) for probability in shown]

    def shown(self, evidence: Features) -> Numbers:
        """The probability of each candidate independently, as it is shown: it never contradicts the verdict.

        "match" is impossible if no answer reached the target precision, and for a candidate that may not match
        (``may_match``). Then the probability stays below ``match_at``, or, if that is None, below the target precision.
        A contested one has at most ``CONTESTED_PROBABILITY``.
        """
        largest = (
            MAX_PROBABILITY if self.match_at is not None else min(MAX_PROBABILITY, max(HALF, self.precision)) - _STEP
        )
        below = min(largest, min(self.match_at or largest, MAX_PROBABILITY) - _STEP)
        limits = np.minimum(
            np.where(may_match(evidence, self.provisional), largest, below),
            largest_probability(evidence, self.provisional),
        )
        return _unlike_half(np.minimum(self.model.probability(evidence), limits).round(DIGITS))

    @property
    def knows_details(self) -> bool:
        """True if the agreement of details is one of its features."""
        return DETAILS_FEATURE in self.model.features

    def verdict(self, probability: float) -> Verdict:
        """The verdict on an answer whose first product has this probability, from ``same_product``."""
        if probability < self.no_match_below:
            return "no match"
        return "similar" if self.match_at is None or probability < self.match_at else "match"

    def fits(self, fingerprint: str, vectors: str) -> bool:
        """True if it was fitted for this embedder and generation."""
        return (self.fingerprint, self.vectors) == (fingerprint, vectors)

    def to_dict(self) -> dict[str, JSON]:
        """The calibration as plain JSON."""
        model = asdict(self.model)
        # Stores have this key in British spelling.
        return {**asdict(self), "model": {("centre" if name == "center" else name): model[name] for name in model}}

    @classmethod
    def from_dict(cls, data: Mapping[str, JSON]) -> Calibration:
        """The calibration that ``to_dict`` wrote; ``StoreDamaged`` for other data."""
        try:
            kept = {name: value for name, value in data.items() if name not in _RETIRED}
            read = {
                "model": _logistic(data["model"]),
                "quality": Quality(**data["quality"]),
                "match_at": None if data["match_at"] is None else max(HALF, data["match_at"]),
                "no_match_below": min(HALF, data.get("no_match_below", _NO_MATCH_BELOW)),
                # Before this field was written, only calibrations of adapted catalogs ordered candidates.
                "orders_candidates": data.get("orders_candidates", "learned" in data["model"]["features"]),
            }
            return cls(**{**kept, **read})
        except (KeyError, TypeError, ValueError) as error:
            raise StoreDamaged(
                f"the calibration kept in the store cannot be read ({error}); calibrate again"
            ) from error


def _unlike_half(probabilities: Numbers) -> Numbers:
    """The probabilities, but below ``_NEARLY_HALF`` where they would be displayed as 50 %."""
    nearly = (probabilities >= _NEARLY_HALF) & (probabilities < HALF)
    return np.where(nearly, _NEARLY_HALF - _STEP, probabilities)


def _logistic(data: Mapping[str, JSON]) -> Logistic:
    parts = {name: tuple(data[name]) for name in ("features", "scale", "weights")}
    return Logistic(**parts, center=tuple(data["centre"]), bias=float(data["bias"]))
