"""Answers about kinds of goods as samples to calibrate on, and calibrations of all families but one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from goods import KINDS, Asked

from sosie.calibration import Calibration, Sample, calibrate
from sosie.calibration.features import NEIGHBORS, Numbers
from sosie.calibration.fitting import UNKNOWN_SHARE
from sosie.evaluation.reliability import expected_calibration_error
from sosie.knowledge.generations import OWN
from sosie.learning.answering import sample_of_answers

ADAPTED = ("groceries, other photos",)
"""Photos that are kept to judge adaptations."""

JUDGED = ("cosmetics", *ADAPTED)
"""Kinds that fit nothing; pictures of cosmetics are under OSL-3.0."""

FAMILIES = ("groceries", "household", "eshop", "clothes", "cosmetics")
DRAWN_WEIGHT, VARIANTS_WEIGHT = 0.5, 2.0
"""What a kind of drawn prints, or of drawn variants, counts beside one that people photographed. Chosen among 0.5, 1, 2
and 4 for variants by the families household, eshop and clothes, each left out."""


def sample_of(kind: str, asked: Asked, details: bool = True) -> Sample:
    """The answers as a calibration learns from them; those of one family are held out together."""
    found, without = (
        [one if details else replace(one, verified=()) for one in answers] for answers in (asked.found, asked.without)
    )
    there = [place for place, present in enumerate(asked.in_catalog) if present]
    weight = UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * len(there) / len(without)
    names = [asked.products[place] for place in there]
    sample = Sample.joined(
        sample_of_answers(names, [found[place] for place in there], True, 1.0),
        sample_of_answers([product or "clothes of nobody" for product in asked.products], without, False, weight),
    )
    return replace(sample, groups=np.full(len(sample), KINDS[kind].family))


def joined(samples: Mapping[str, Sample], without: str) -> Sample:
    """The samples of all kinds that may fit, but those of the family ``without``."""
    parts = [
        replace(part, weights=part.weights / part.weights.sum() * _weight(kind))
        for kind, part in samples.items()
        if KINDS[kind].family not in (without, *JUDGED) and kind not in JUDGED
    ]
    return Sample.joined(*parts)


def _weight(kind: str) -> float:
    if kind.endswith("photos"):
        return 1.0
    return VARIANTS_WEIGHT if "variants" in kind else DRAWN_WEIGHT


def usual_rivals(answers: Mapping[str, Asked], without: str) -> tuple[float, ...]:
    """The mean cosines of the best ten wrong products, over all photos that may fit."""
    scores = [
        sorted(one.scores, reverse=True)[:NEIGHBORS]
        for kind, asked in answers.items()
        if KINDS[kind].family not in (without, *JUDGED) and kind not in JUDGED
        for one in asked.without
    ]
    return tuple(float(mean) for mean in np.mean([one for one in scores if len(one) == NEIGHBORS], axis=0).round(4))


def calibration_without(
    samples: Mapping[str, Sample], answers: Mapping[str, Asked], family: str, fingerprint: str = ""
) -> Calibration:
    """The provisional calibration of all families but one; "" for all of them."""
    found = calibrate(joined(samples, family), fingerprint, OWN, provisional=True)
    return replace(found, rivals=usual_rivals(answers, family))


@dataclass(frozen=True)
class LeftOut:
    """The first candidates of a family's answers, by a calibration that never saw the family."""

    shown: Numbers
    truth: Sample
    matched: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error."""
        return expected_calibration_error(self.shown, self.truth.right, weights=self.truth.weights)


def left_out(samples: Mapping[str, Sample], family: str) -> LeftOut:
    """How the calibration of all other families does on one."""
    calibration = calibrate(joined(samples, family), "", "", provisional=True)
    parts = [replace(part, weights=part.weights / part.weights.sum()) for kind, part in samples.items()
             if KINDS[kind].family == family]  # fmt: skip
    sample = Sample.joined(*parts)
    shown = calibration.shown(sample.evidence)
    first = sample.firsts(shown)
    matched = shown[first] >= (calibration.match_at or np.inf)
    return LeftOut(shown[first], sample.where(first), matched)
