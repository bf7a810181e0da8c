"""Answers about kinds of goods as samples to calibrate on, and calibrations of all families but one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from goods import KINDS, PhotoAnswers, details_mark, kept, small_catalog_answers, whole_catalog_answers

from sosie.calibration.features import Numbers
from sosie.calibration.fitting import UNKNOWN_SHARE, Sample, calibrate
from sosie.calibration.model import Calibration
from sosie.embedders.registry import load
from sosie.evaluation.reliability import expected_calibration_error
from sosie.knowledge.generations import OWN
from sosie.learning.answering import sample_of_answers
from sosie.searching.verifying import MOST_COMPARED

ADAPTED = ("groceries, other photos",)
"""Photos that are kept to judge adaptations."""

JUDGED = ("cosmetics", *ADAPTED)
"""Kinds that fit nothing; pictures of cosmetics are under OSL-3.0."""

FAMILIES = ("groceries", "household", "eshop", "clothes", "cosmetics")
DRAWN_WEIGHT, VARIANTS_WEIGHT = 0.25, 0.5
"""What a kind of drawn prints, or of drawn variants, counts beside one that people photographed. Chosen among (0.25,
0.25), (0.25, 0.5), (0.5, 1) and (0.5, 2) by the log loss on families left out, whole and small catalogs."""

SMALL = {2: 6, 5: 6, 20: 3}
"""Sizes of small catalogs, and how many of each are drawn from every kind."""

Answers = Mapping[str, Sequence[PhotoAnswers]]
Samples = Mapping[str, Sequence[Sample]]
"""For each kind those of the whole catalog, and then those of each size of small ones."""


def answers_of(kind: str, embedder: str) -> list[PhotoAnswers]:
    """The answers of the whole catalog of a kind, and of the small ones of each size together."""

    def make() -> list[PhotoAnswers]:
        small = [
            together([small_catalog_answers(KINDS[kind], embedder, size, draw) for draw in range(draws)])
            for size, draws in SMALL.items()
        ]
        return [whole_catalog_answers(KINDS[kind], embedder), *small]

    return kept(f"photo answers {kind} {load(embedder).spec.fingerprint} {details_mark()} {MOST_COMPARED}", make)


def together(parts: Sequence[PhotoAnswers]) -> PhotoAnswers:
    """The answers of several catalogs as those of one."""
    names = ("products", "in_catalog", "considered", "without")
    return PhotoAnswers(*([value for part in parts for value in getattr(part, name)] for name in names))


def samples_of(kind: str, answers: Sequence[PhotoAnswers], details: bool = True) -> list[Sample]:
    """The answers as samples, each of the same weight."""
    samples = [sample_of(kind, own, details) for own in answers]
    return [replace(sample, weights=sample.weights / sample.weights.sum()) for sample in samples]


def sample_of(kind: str, answers: PhotoAnswers, details: bool = True) -> Sample:
    """The answers as a calibration learns from them; those of one family are held out together."""
    considered, without = (
        [evidence if details else replace(evidence, verified=()) for evidence in side]
        for side in (answers.considered, answers.without)
    )
    there = [place for place, present in enumerate(answers.in_catalog) if present]
    weight = UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * len(there) / len(without)
    names = [answers.products[place] for place in there]
    sample = Sample.joined(
        sample_of_answers(names, [considered[place] for place in there], True, 1.0),
        sample_of_answers([product or "clothes of nobody" for product in answers.products], without, False, weight),
    )
    return replace(sample, groups=np.full(len(sample), KINDS[kind].family))


def joined(samples: Samples, without: str) -> Sample:
    """The samples of all kinds that may fit, but those of the family ``without``."""
    parts = [
        replace(part, weights=part.weights * _weight(kind))
        for kind, of_kind in samples.items()
        if KINDS[kind].family not in (without, *JUDGED) and kind not in JUDGED
        for part in of_kind
    ]
    return Sample.joined(*parts)


def _weight(kind: str) -> float:
    if kind.endswith("photos"):
        return 1.0
    return VARIANTS_WEIGHT if "variants" in kind else DRAWN_WEIGHT


def calibration_without(samples: Samples, family: str, fingerprint: str = "") -> Calibration:
    """The provisional calibration of all families but one; "" for all of them."""
    return calibrate(joined(samples, family), fingerprint, OWN, provisional=True)


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


def left_out(samples: Samples, family: str, small: bool = False) -> LeftOut:
    """How the calibration of all other families does on one: on whole catalogs, or on small ones."""
    calibration = calibration_without(samples, family)
    chosen = slice(1, None) if small else slice(1)
    sample = Sample.joined(
        *(part for kind, of_kind in samples.items() if KINDS[kind].family == family for part in of_kind[chosen])
    )
    shown = calibration.shown(sample.evidence)
    first = sample.firsts(shown)
    matched = shown[first] >= (calibration.match_at or np.inf)
    return LeftOut(shown[first], sample.where(first), matched)
