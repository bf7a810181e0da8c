"""Fit a calibration on held-out queries, some of whose products the catalogue does not have."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from sosie.calibration.features import FEATURES, Answers, Features, Numbers
from sosie.calibration.model import Calibration, Logistic, Quality
from sosie.errors import UsageError
from sosie.evaluation.reliability import auroc, expected_calibration_error
from sosie.support.wording import amount

RIDGE = 1.0
FOLDS = 5
FEWEST_ANSWERS = 20
"""A threshold is trusted from this many answers above it."""

UNKNOWN_SHARE = 1 / 3
"""How many of the queries a calibration reckons with ask for a product that the catalogue does not have."""

WISHED_PRECISION = 0.95
MISSED_SHARE = 0.05
"""At most this share of right answers is called "no match"."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Answers with their truth, each of shape (n,): was the first product right, has the catalogue the product at all.

    ``products`` names the product asked for: what held-out queries are cut by. ``weights`` say how often such a query
    is expected.
    """

    evidence: Features
    right: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    products: npt.NDArray[np.str_]
    weights: Numbers

    def __len__(self) -> int:
        return len(self.right)

    @classmethod
    def of(cls, answers: Answers, products: npt.NDArray[np.str_], known: bool, weight: float) -> Sample:
        """Answers to queries for these products, which the catalogue all has or all lacks (``known``)."""
        size = len(products)
        right = (answers.first == products) & known
        return cls(answers.evidence, right, np.full(size, known), products, np.full(size, weight))

    @classmethod
    def joined(cls, *parts: Sample) -> Sample:
        """Several samples as one; a feature that some of them lack is missing there."""
        names = dict.fromkeys(name for part in parts for name in part.evidence)
        evidence = {
            name: np.concatenate([part.evidence.get(name, np.full(len(part), np.nan)) for part in parts])
            for name in names
        }
        others = [np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)[1:]]
        return cls(evidence, *others)

    def where(self, chosen: npt.NDArray[np.bool_]) -> Sample:
        """The chosen rows."""
        evidence = {name: values[chosen] for name, values in self.evidence.items()}
        return Sample(evidence, *(getattr(self, field.name)[chosen] for field in fields(self)[1:]))


def calibrate(
    sample: Sample,
    fingerprint: str,
    vectors: str,
    precision: float = WISHED_PRECISION,
    provisional: bool = False,
) -> Calibration:
    """The calibration that a sample teaches; its thresholds and quality come from queries that did not fit them.

    ``UsageError`` where the sample cannot teach one: too few queries, only right or only wrong answers, or a precision
    outside (0, 1).
    """
    _check(sample, precision)
    held_out, in_catalogue = np.full(len(sample), np.nan), np.full(len(sample), np.nan)
    for judged in _folds(sample):
        fitted, asked = sample.where(~judged), sample.where(judged).evidence
        held_out[judged] = fit_logistic(fitted).probability(asked)
        in_catalogue[judged] = fit_known(fitted).probability(asked)
    match_at = _match_at(held_out, sample, precision)
    return Calibration(
        fingerprint=fingerprint,
        vectors=vectors,
        model=fit_logistic(sample),
        known=fit_known(sample),
        precision=precision,
        match_at=match_at,
        unknown_below=_all_but_few(in_catalogue, sample),
        quality=_quality(held_out, in_catalogue, sample, match_at),
        provisional=provisional,
    )


def fit_logistic(sample: Sample, truth: npt.NDArray[np.bool_] | None = None, ridge: float = RIDGE) -> Logistic:
    """Ridge logistic regression by Newton's method on standardised features, bias unshrunk; truth: ``sample.right``.

    A feature that fewer than ``FEWEST_ANSWERS`` answers have, or that is the same in all of them, is left out; where
    the others lack it, it says nothing. Source: Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning",
    2009, sections 4.4.1 and 18.3.2.
    """
    taught = {name: values for name, values in sample.evidence.items() if _teaches(values)}
    known = [values[np.isfinite(values)] for values in taught.values()]
    centre, scale = ([float(statistic(values)) for values in known] for statistic in (np.mean, np.std))
    blank = Logistic(tuple(taught), tuple(centre), tuple(scale), (0.0,) * len(taught), 0.0)
    rows = np.column_stack([*blank.standardised(taught), np.ones(len(sample))])
    wanted = sample.right if truth is None else truth
    found = _newton(rows, wanted.astype(np.float64), sample.weights / sample.weights.mean(), ridge)
    return replace(blank, weights=tuple(found[:-1].tolist()), bias=float(found[-1]))


def fit_known(sample: Sample) -> Logistic:
    """The model that tells from the first answer whether the catalogue has the product at all.

    Where the labelled photos are remembered, scores are left out: they only made it worse (docs/quality.md).
    """
    scores = FEATURES if _teaches(sample.evidence.get("familiar", np.zeros(0))) else ()
    evidence = {name: values for name, values in sample.evidence.items() if name not in scores}
    return fit_logistic(replace(sample, evidence=evidence), sample.known)


def _teaches(values: Numbers) -> bool:
    known = values[np.isfinite(values)]
    return len(known) >= FEWEST_ANSWERS and float(np.std(known)) > 1e-9


def _newton(rows: Numbers, truth: Numbers, weights: Numbers, ridge: float) -> Numbers:
    penalty = np.append(np.full(rows.shape[1] - 1, ridge), 1e-9)
    found = np.zeros(rows.shape[1])
    for _ in range(100):
        probability = 1.0 / (1.0 + np.exp(-np.clip(rows @ found, -30.0, 30.0)))
        gradient = rows.T @ (weights * (probability - truth)) + penalty * found
        curvature = (rows * (weights * probability * (1 - probability))[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        found = found - step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return found


def _folds(sample: Sample) -> Iterator[npt.NDArray[np.bool_]]:
    """All queries of a product are held out together."""
    names, index = np.unique(sample.products, return_inverse=True)
    parts = np.random.default_rng(0).permutation(len(names))[index] % FOLDS
    for part in range(FOLDS):
        if (parts == part).any():
            yield parts == part


def _match_at(probability: Numbers, sample: Sample, precision: float) -> float | None:
    """The least probability from which on upwards the answers are right as often as wished."""
    order = np.argsort(-probability, kind="stable")
    weights = sample.weights[order]
    share_right = np.cumsum(weights * sample.right[order]) / np.cumsum(weights)
    enough = (share_right >= precision) & (np.arange(1, len(order) + 1) >= FEWEST_ANSWERS)
    return float(probability[order][np.flatnonzero(enough)[-1]]) if enough.any() else None


def _all_but_few(probability: Numbers, sample: Sample) -> float:
    """The probability that all right answers but ``MISSED_SHARE`` of them reach."""
    return float(np.quantile(probability[sample.right], MISSED_SHARE))


def _quality(probability: Numbers, in_catalogue: Numbers, sample: Sample, match_at: float | None) -> Quality:
    matched = probability >= (match_at if match_at is not None else np.inf)
    weights = sample.weights
    return Quality(
        queries=len(sample),
        products=len(np.unique(sample.products)),
        error=_known(expected_calibration_error(probability, sample.right, weights=weights)),
        known_auroc=_known(auroc(in_catalogue, sample.known)),
        match_share=float(weights[matched].sum() / weights.sum()),
        match_precision=float(np.average(sample.right[matched], weights=weights[matched])) if matched.any() else None,
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _check(sample: Sample, precision: float) -> None:
    if not 0.0 < precision < 1.0:
        raise UsageError(f"a precision of {precision} was asked for; expected a share between 0 and 1, such as 0.95")
    products = len(np.unique(sample.products))
    right = int(sample.right.sum())
    wrong = len(sample) - right
    if products < FOLDS or min(right, wrong) < FEWEST_ANSWERS:
        raise UsageError(
            f"{right} right and {wrong} wrong answers over {amount(products, 'product')} cannot be calibrated on; "
            f"needed are {FEWEST_ANSWERS} of each over {FOLDS} products, so give more labelled queries"
        )
