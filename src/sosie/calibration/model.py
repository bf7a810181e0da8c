"""A calibration as it is kept and used: plain JSON, bound to one embedder and one generation of vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from sosie.calibration.evidence import Evidence, Numbers, evidence_of
from sosie.errors import StoreDamaged
from sosie.types import JSON, Verdict


@dataclass(frozen=True, slots=True)
class Logistic:
    """Logistic regression on standardised features; a feature that is missing (NaN or absent) says nothing."""

    features: tuple[str, ...]
    centre: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def probability(self, evidence: Evidence) -> Numbers:
        """The probabilities in (0, 1), shape (n,), of n candidates."""
        log_odds = np.full(len(next(iter(evidence.values()))), self.bias)
        for name, centre, scale, weight in zip(self.features, self.centre, self.scale, self.weights, strict=True):
            if name in evidence:
                log_odds += weight * np.nan_to_num((evidence[name] - centre) / scale)
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0))))


@dataclass(frozen=True, slots=True)
class Quality:
    """What the calibration was worth on queries that did not fit it; a figure that could not be had is None.

    ``error``: expected calibration error in 5 bins of equal mass; ``known_auroc``: in the catalogue or not;
    ``match_share``: how many queries get the verdict "match", ``match_precision``: how many of these are right.
    """

    queries: int
    products: int
    error: float | None
    known_auroc: float | None
    match_share: float | None
    match_precision: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Probabilities and verdicts for the answers of one generation of vectors of one embedder.

    ``match_at`` is the least probability called "match" for the ``precision`` wished, None where none reaches it;
    below ``no_match_below`` the verdict is "no match". A ``provisional`` one was fitted on other pictures than the
    user's, so on looks alone it never says "match".
    """

    fingerprint: str
    vectors: str
    model: Logistic
    precision: float
    match_at: float | None
    no_match_below: float
    quality: Quality
    provisional: bool = False

    def same_product(self, scores: Sequence[float], learned: Sequence[float] | None = None) -> list[float]:
        """For products with these cosines, best first, the probability of each to be the one that was asked for.

        ``learned``: their cosines along the learned directions (``Projection.learned``), in an adapted catalogue.

        They are the model's, cut so that together they do not exceed 1: the photo shows one product.
        """
        probabilities: list[float] = []
        for probability in self.model.probability(evidence_of(scores, learned)) if scores else ():
            probabilities.append(min(float(probability), max(0.0, 1.0 - sum(probabilities))))
        return probabilities

    def verdict(self, probability: float | None) -> Verdict:
        """What to say of an answer whose first product has this probability; None for an empty answer."""
        if probability is None or probability < self.no_match_below:
            return "no match"
        if self.match_at is None or probability < self.match_at or self.provisional:
            return "similar"
        return "match"

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
            parts = {name: tuple(data["model"][name]) for name in ("features", "centre", "scale", "weights")}
            model = Logistic(**parts, bias=float(data["model"]["bias"]))
            return cls(**{**data, "model": model, "quality": Quality(**data["quality"])})
        except (KeyError, TypeError, ValueError) as error:
            raise StoreDamaged(
                f"the calibration kept in the store cannot be read ({error}); calibrate again"
            ) from error
