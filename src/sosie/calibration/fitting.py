"""Fit a calibration on held-out queries, some of whose products the catalogue does not have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from sosie.calibration.features import Answers, Features, Numbers
from sosie.calibration.model import EVEN, Calibration, Logistic, Quality
from sosie.errors import UsageError
from sosie.evaluation.reliability import auroc, expected_calibration_error
from sosie.support.wording import amount

RIDGE = 1.0
_FREE = 1e-9
PRIOR_RIDGE, PRIOR_RIDGE_OF_BIAS = 20.0, 5.0
"""How firmly a prior holds: about so many answers move a weight, or the bias, half the way to what they say."""

FOLDS = 5
ROUNDS = 200
FEWEST_ANSWERS = 20
"""Without a prior a feature is learned from at least this many answers."""

FEWEST_BESIDE_PRIOR = 1
SMOOTHING = 20.0

UNKNOWN_SHARE = 1 / 3
"""How many of the queries a calibration reckons with ask for a product that the catalogue does not have."""

WISHED_PRECISION = 0.95
ABSENT_MATCHED = 0.02
"""At most this share of the queries for products that the catalog does not have may be called "match"."""

MISSED_SHARE = 0.05
"""At most this share of right answers is called "no match"."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Candidates of answers with their truth, each of shape (n,): is it the product in the photo (``right``), does the
    catalog have that product at all (``known``), and which ``answer`` the candidate belongs to.

    ``products`` names the product in the photo: what held-out queries are cut by. ``weights`` say how often such a
    query is expected.
    """

    evidence: Features
    right: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    products: npt.NDArray[np.str_]
    weights: Numbers
    answer: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.right)

    @classmethod
    def of(cls, answers: Answers, products: npt.NDArray[np.str_], known: bool, weight: float) -> Sample:
        """Answers to queries for these products, which the catalogue all has or all lacks (``known``)."""
        size = len(products)
        right = (answers.first == products) & known
        return cls(answers.evidence, right, np.full(size, known), products, np.full(size, weight), np.arange(size))

    @classmethod
    def joined(cls, *parts: Sample) -> Sample:
        """Several samples as one; a feature that some of them lack is missing there."""
        names = dict.fromkeys(name for part in parts for name in part.evidence)
        evidence = {
            name: np.concatenate([part.evidence.get(name, np.full(len(part), np.nan)) for part in parts])
            for name in names
        }
        numbered = [replace(part, answer=part.answer + n) for part, n in zip(parts, _offsets(parts), strict=True)]
        others = [np.concatenate([getattr(part, field.name) for part in numbered]) for field in fields(cls)[1:]]
        return cls(evidence, *others)

    def firsts(self, probability: Numbers) -> npt.NDArray[np.intp]:
        """The row of each answer's most probable candidate, given the probability of every row."""
        order = np.lexsort((-probability, self.answer))
        _, starts = np.unique(self.answer[order], return_index=True)
        return np.asarray(order[starts])

    def where(self, chosen: npt.NDArray[np.bool_ | np.intp]) -> Sample:
        """The chosen rows."""
        evidence = {name: values[chosen] for name, values in self.evidence.items()}
        return Sample(evidence, *(getattr(self, field.name)[chosen] for field in fields(self)[1:]))


def _offsets(parts: Sequence[Sample]) -> list[int]:
    """The number of answers before each part."""
    sizes = [int(part.answer.max(initial=-1)) + 1 for part in parts]
    return [sum(sizes[:place]) for place in range(len(sizes))]


def calibrate(
    sample: Sample,
    fingerprint: str,
    vectors: str,
    precision: float = WISHED_PRECISION,
    provisional: bool = False,
    prior: Calibration | None = None,
) -> Calibration:
    """The calibration that a sample teaches; its thresholds and quality come from queries that did not fit them.

    ``prior`` is a calibration from other pictures: few queries move it a little, many replace it. ``UsageError`` where
    the sample cannot teach one: too few queries, only right or only wrong answers, or a precision outside (0, 1).
    """
    _check(sample, precision, prior)
    before = None if prior is None else prior.model
    held_out = np.full(len(sample), np.nan)
    for judged in _folds(sample):
        held_out[judged] = fit_logistic(sample.where(~judged), before).probability(sample.where(judged).evidence)
    first = sample.firsts(held_out)
    judged_sample, shown = sample.where(first), held_out[first]
    match_at = _match_at(shown, judged_sample, precision)
    return Calibration(
        fingerprint=fingerprint,
        vectors=vectors,
        model=fit_logistic(sample, before),
        precision=precision,
        match_at=match_at,
        no_match_below=_no_match_below(shown, judged_sample),
        quality=_quality(shown, judged_sample, match_at),
        provisional=provisional,
    )


def fit_logistic(sample: Sample, prior: Logistic | None = None) -> Logistic:
    """Ridge logistic regression by Newton's method on standardised features, its bias unshrunk.

    With ``prior`` the weights shrink to those of the prior, on its features, and so does the bias. Without, a feature
    that fewer than ``FEWEST_ANSWERS`` answers have, or that is the same in all of them, is left out; where the others
    lack it, it says nothing. Source: Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 2009,
    sections 4.4.1 and 18.3.2; shrinking to a prior is the maximum a posteriori estimate under a normal distribution
    around it (Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.5.1).
    """
    start = _blank(sample) if prior is None else prior
    penalty = (RIDGE, _FREE) if prior is None else (PRIOR_RIDGE, PRIOR_RIDGE_OF_BIAS)
    rows = np.column_stack([*start.standardised(sample.evidence), np.ones(len(sample))])
    penalties = np.append(np.full(rows.shape[1] - 1, penalty[0]), penalty[1])
    center = np.append(start.weights, start.bias)
    weights = sample.weights / sample.weights.mean()
    found = _newton(rows, sample.right.astype(np.float64), weights, penalties, center)
    return replace(start, weights=tuple(found[:-1].tolist()), bias=float(found[-1]))


NOT_LEARNED = frozenset({"cosine", "margin", "vote", "agreement_margin", "spread", "preference"})
"""Features that calibrations of earlier versions read. What they tell stands in the joined score as well, and beside it
they made probabilities of other kinds of goods worse (benchmarks/RESULTS.md, "Certainty on other goods")."""


def _blank(sample: Sample) -> Logistic:
    """A model that says 0.5 to everything, on the features that can be learned from the sample."""
    teaching = {
        name: values for name, values in sample.evidence.items() if name not in NOT_LEARNED and _teaches(values)
    }
    present = [values[np.isfinite(values)] for values in teaching.values()]
    center, scale = ([float(statistic(values)) for values in present] for statistic in (np.mean, np.std))
    return Logistic(tuple(teaching), tuple(center), tuple(scale), (0.0,) * len(teaching), 0.0)


def _teaches(values: Numbers) -> bool:
    known = values[np.isfinite(values)]
    return len(known) >= FEWEST_ANSWERS and float(np.std(known)) > 1e-9


def _newton(rows: Numbers, truth: Numbers, weights: Numbers, penalty: Numbers, center: Numbers) -> Numbers:
    found = center.copy()
    for _ in range(100):
        probability = 1.0 / (1.0 + np.exp(-np.clip(rows @ found, -30.0, 30.0)))
        gradient = rows.T @ (weights * (probability - truth)) + penalty * (found - center)
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
    """The least probability from which on upwards answers are right as often as wished, and few absent products match.

    Of few answers above it the share that is right is uncertain: ``SMOOTHING`` answers more are reckoned with, which
    are right as often as the model says.
    """
    order = np.argsort(-probability, kind="stable")
    ordered, weights = probability[order], sample.weights[order] / sample.weights.mean()
    mass = np.cumsum(weights)
    stated = np.cumsum(weights * ordered) / mass
    right = (np.cumsum(weights * sample.right[order]) + SMOOTHING * stated) / (mass + SMOOTHING)
    absent = ~sample.known[order]
    absent_matched = np.cumsum(weights * absent) / max(float((weights * absent).sum()), 1e-12)
    enough = (right >= precision) & (absent_matched <= ABSENT_MATCHED) & (ordered >= EVEN)
    return float(ordered[np.flatnonzero(enough)[-1]]) if enough.any() else None


def _no_match_below(probability: Numbers, sample: Sample) -> float:
    """The probability that all right answers but ``MISSED_SHARE`` of them reach, at most 0.5."""
    right = probability[sample.right]
    return min(EVEN, float(np.quantile(right, MISSED_SHARE))) if len(right) else 0.0


def _quality(probability: Numbers, sample: Sample, match_at: float | None) -> Quality:
    matched = probability >= (match_at if match_at is not None else np.inf)
    weights, absent = sample.weights, ~sample.known
    return Quality(
        queries=len(sample),
        products=len(np.unique(sample.products)),
        error=_number(expected_calibration_error(probability, sample.right, weights=weights)),
        known_auroc=_number(auroc(probability, sample.known)),
        match_share=float(weights[matched].sum() / weights.sum()),
        match_precision=float(np.average(sample.right[matched], weights=weights[matched])) if matched.any() else None,
        error_bound=_error_bound(probability, sample),
        absent_matched=float(np.average(matched[absent], weights=weights[absent])) if absent.any() else None,
    )


def _error_bound(probability: Numbers, sample: Sample) -> float | None:
    """The 95 % quantile of the calibration error, products drawn anew (Efron, Tibshirani 1993, chapter 13).

    A bound and no interval: an error of absolute differences is biased upwards in every small sample.
    """
    names, index = np.unique(sample.products, return_inverse=True)
    if len(names) < FOLDS:
        return None
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(ROUNDS):
        drawn = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[index]
        chosen = drawn > 0
        weights = (sample.weights * drawn)[chosen]
        errors.append(expected_calibration_error(probability[chosen], sample.right[chosen], weights=weights))
    return float(np.quantile(errors, 0.95))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _check(sample: Sample, precision: float, prior: Calibration | None) -> None:
    if not 0.0 < precision < 1.0:
        raise UsageError(f"a precision of {precision} was asked for; expected a share between 0 and 1, such as 0.95")
    fewest, fewest_products = (FEWEST_ANSWERS, FOLDS) if prior is None else (FEWEST_BESIDE_PRIOR, 2)
    products = len(np.unique(sample.products))
    _, firsts = np.unique(sample.answer, return_index=True)
    right = int(sample.right[firsts].sum())
    wrong = len(firsts) - right
    if products < fewest_products or min(right, wrong) < fewest:
        raise UsageError(
            f"{right} right and {wrong} wrong answers over {amount(products, 'product')} cannot be calibrated on; "
            f"needed are {fewest} of each over {fewest_products} products, so give more labelled queries"
        )
