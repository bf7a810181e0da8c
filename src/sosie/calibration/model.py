"""A calibration: computes probabilities and verdicts. Stored as JSON, for one embedder and generation of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from sosie.calibration.features import Features, Numbers
from sosie.errors import StoreDamaged
from sosie.types import JSON, Verdict

MAX_SIGMA = 4.0
"""Standardized features are clipped to ± this value."""


DETAILS_FEATURE = "agreement"
"""This feature shows that an answer was computed with details; see ``details.joining.FEATURES``."""

CONTESTED_FEATURE = "contested"
"""This feature is 1 if another product explains the photo equally well. Such a candidate is never called a match.

``details.joining`` computes it. ``searching.evidence`` also sets it for a candidate whose score is lower than that of a
product which the filter excludes.
"""

DIFFERING_FEATURE = "differing"
"""This feature is 1 if a part of the printed design differs in the photo.

The candidate may be a sibling, or something covers a part of it. A ``provisional`` calibration does not call it a
match. A calibration that was fitted on the shop's own photos ignores the feature.
"""

HALF = 0.5
""""match" is never below this probability, and "no match" never above it."""

WISHED_PRECISION = 0.95
"""The precision of "match" that a calibration aims at unless another is given."""

MAX_PROBABILITY = 0.99
"""Largest probability that is shown, because no answer about new photos is certain."""

CONTESTED_PROBABILITY = 0.85
"""Largest probability of a contested candidate.

Of contested candidates with a probability of 0.8 or more from the regression, 0.85 are right on drawn variants, and
0.86 on photos of groceries and cosmetics (docs/quality-probabilities.md).
"""

DIGITS = 3
"""Digits of a probability. Candidates with the same rounded probability are ordered by score."""

_STEP = 10.0**-DIGITS
_NEARLY_HALF = 0.495
"""Probabilities from here to 0.5 would be displayed as 50 %, which could contradict the verdict."""

_RETIRED = frozenset({"known", "unknown_below", "rivals"})
"""Fields that earlier versions stored and that are ignored.

They are a second probability, which could contradict the one that is shown, and scores of typical wrong products.
"""

_NO_MATCH_BELOW = 0.1
"""The threshold for calibrations of an early version, which stored none."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression on standardized features; a missing feature (NaN or absent) has no effect."""

    features: tuple[str, ...]
    center: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, evidence: Features) -> Numbers:
        """The probability of each of n candidates, in (0, 1), shape (n,)."""
        log_odds = np.full(len(next(iter(evidence.values()))), self.bias)
        for weight, values in zip(self.weights, self.standardized(evidence), strict=True):
            log_odds += weight * values
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))))

    def standardized(self, evidence: Features) -> list[Numbers]:
        """Each feature of the model standardized and clipped to ± ``MAX_SIGMA``, shape (n,); 0 where it is missing."""
        missing = np.full(len(next(iter(evidence.values()))), np.nan)
        scaled = (
            (evidence.get(name, missing) - center) / scale
            for name, center, scale in zip(self.features, self.center, self.scale, strict=True)
        )
        return [np.clip(np.where(np.isnan(values), 0.0, values), -MAX_SIGMA, MAX_SIGMA) for values in scaled]


def may_match(evidence: Features, provisional: bool) -> npt.NDArray[np.bool_]:
    """True for candidates that may be called a match, shape (n,).

    A contested candidate may not (``CONTESTED_FEATURE``). Under a ``provisional`` calibration a candidate needs
    agreeing details, and its printed design must not differ (``DIFFERING_FEATURE``).
    """
    agreeing = evidence.get(DETAILS_FEATURE, _nothing(evidence)) > 0.0
    return np.asarray(~_is_contested(evidence, provisional) & (agreeing | (not provisional)))


def largest_probability(evidence: Features, provisional: bool) -> Numbers:
    """The largest probability that each candidate may have, shape (n,); lower for a contested one."""
    return np.where(_is_contested(evidence, provisional), CONTESTED_PROBABILITY, MAX_PROBABILITY)


def _is_contested(evidence: Features, provisional: bool) -> npt.NDArray[np.bool_]:
    """True if another product explains the photo equally well. If ``provisional``, a differing design counts too."""
    nothing = _nothing(evidence)
    contested = evidence.get(CONTESTED_FEATURE, nothing) > 0.0
    return np.asarray(contested | (provisional & (evidence.get(DIFFERING_FEATURE, nothing) > 0.0)))


def _nothing(evidence: Features) -> Numbers:
    return np.zeros(len(next(iter(evidence.values()))))


@dataclass(frozen=True, slots=True)
class Quality:
    """The quality of a calibration on held-out queries. A figure is None if it could not be estimated.

    - ``error``: expected calibration error in 5 bins of equal mass.
    - ``error_bound``: its 95 % quantile when groups of photos are resampled.
    - ``known_auroc``: area under the ROC curve for distinguishing photos of products in the catalog from photos of
      absent products.
    - ``match_share``: share of queries with the verdict "match".
    - ``match_precision``: share of these that are right.
    - ``absent_matched``: share of queries for absent products with the verdict "match".
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
    """Computes probabilities and verdicts, for one embedder and one generation of its vectors.

    - ``model``: one logistic regression. It estimates the probability that a candidate is the product in the photo.
      Queries for products that the catalog lacks take part in the fit.
    - ``match_at``: the verdict is "match" from this probability on, at least 0.5. It is the lowest probability that
      reaches the target ``precision`` with few matches for absent products. None if there is none: then no answer is a
      match.
    - ``no_match_below``: the verdict is "no match" below this probability, at most 0.5.
    - ``provisional``: True if it was fitted on pictures of other catalogs. Then a candidate needs agreeing details to
      be called a match.
    - ``orders_candidates``: False for a calibration of an earlier version, fitted on first candidates only. Then scores
      order the candidates, else probabilities do.
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

        ``evidence`` comes from ``confidence_features``. A photo shows one product, so the sum is limited to 1: the
        lowest probabilities are cut first. The order may differ from that of the scores, because the model has more
        features.
        """
        shown = self.shown(evidence)
        order = np.argsort(-shown, kind="stable")
        left = np.maximum(0.0, 1.0 - np.concatenate([[0.0], np.cumsum(shown[order])[:-1]]))
        shown[order] = _unlike_half(np.minimum(shown[order], left.round(DIGITS)))
        return [float(probability) for probability in shown]

    def shown(self, evidence: Features) -> Numbers:
        """The probability of each candidate before their sum is limited; it never contradicts the verdict.

        A candidate that cannot be a match stays below ``match_at``, or below the target precision if ``match_at`` is
        None. A contested candidate has at most ``CONTESTED_PROBABILITY``.
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
        """True if the model has the feature of agreeing details."""
        return DETAILS_FEATURE in self.model.features

    def verdict(self, probability: float) -> Verdict:
        """The verdict on an answer; ``probability`` is that of its first product, from ``same_product``."""
        if probability < self.no_match_below:
            return "no match"
        return "similar" if self.match_at is None or probability < self.match_at else "match"

    def fits(self, fingerprint: str, vectors: str) -> bool:
        """True if the calibration was fitted for this embedder and generation."""
        return (self.fingerprint, self.vectors) == (fingerprint, vectors)

    def to_dict(self) -> dict[str, JSON]:
        """The calibration as plain JSON."""
        model = asdict(self.model)
        # Stores keep the British spelling of this key.
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
                # Calibrations without this field were fitted on first candidates only, except those of adapted
                # catalogs.
                "orders_candidates": data.get("orders_candidates", "learned" in data["model"]["features"]),
            }
            return cls(**{**kept, **read})
        except (KeyError, TypeError, ValueError) as error:
            raise StoreDamaged(
                f"the calibration kept in the store cannot be read ({error}); calibrate again"
            ) from error


def _unlike_half(probabilities: Numbers) -> Numbers:
    """The probabilities, limited to ``_NEARLY_HALF`` where they would be displayed as 50 %."""
    nearly = (probabilities >= _NEARLY_HALF) & (probabilities < HALF)
    return np.where(nearly, _NEARLY_HALF - _STEP, probabilities)


def _logistic(data: Mapping[str, JSON]) -> Logistic:
    parts = {name: tuple(data[name]) for name in ("features", "scale", "weights")}
    return Logistic(**parts, center=tuple(data["centre"]), bias=float(data["bias"]))
