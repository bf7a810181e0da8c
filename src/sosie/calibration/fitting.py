"""Fits a calibration on queries with known products. Some of these products are missing in the catalog."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from sosie.calibration.features import Answers, Features, Numbers
from sosie.calibration.model import (
    CONTESTED_FEATURE,
    DIFFERING_FEATURE,
    DIGITS,
    HALF,
    MAX_PROBABILITY,
    WISHED_PRECISION,
    Calibration,
    Logistic,
    Quality,
    largest_probability,
    may_match,
)
from sosie.errors import UsageError
from sosie.evaluation.reliability import auroc, expected_calibration_error
from sosie.support.wording import amount

RIDGE = 1.0
_FREE = 1e-9
PRIOR_RIDGE, PRIOR_RIDGE_OF_BIAS = 60.0, 20.0
"""Strength of a prior, in answers: about this many answers move a weight, or the bias, half of the way to their
estimate."""

PRIOR_ANSWERS = 100.0
"""This many answers move a threshold half of the way from the prior's threshold to their own estimate."""

_LEAST = 0.002
FOLDS = 5
ROUNDS = 200
FEWEST_ANSWERS = 20
"""Fewest right answers, and fewest wrong ones, for a fit without a prior.

A feature is learned only if at least this many answers have it.
"""

FEWEST_BESIDE_PRIOR = 0
SMOOTHING = 20.0

UNKNOWN_SHARE = 0.1
"""Expected share of queries for products that the catalog lacks; docs/decisions-probabilities.md gives the reasons."""

ABSENT_MATCHED = 0.02
"""Of the queries for products that the catalog lacks, at most this share may be called "match"."""

ABSENT_MATCHED_AT_MOST, STRICT_PRECISION = 0.06, 0.98
"""The conditions if no threshold keeps ``ABSENT_MATCHED``: a larger share of such matches, and a higher precision.

Without this, most catalogs of groceries had no match at all after ``adapt`` (docs/decisions-probabilities.md)."""

ABSENT_MATCHED_ELSEWHERE = 0.0125
"""Like ``ABSENT_MATCHED``, for a provisional calibration: its users have other goods."""

MISSED_SHARE = 0.05
"""Of the right answers, about this share is called "no match"."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Candidates of answers, each with the truth about it. Every array has shape (n,) for n candidates.

    - ``evidence``: the features.
    - ``right``: True if the candidate is the product in the photo.
    - ``in_catalog``: True if the catalog has the product in the photo.
    - ``products``: the product in the photo.
    - ``groups``: queries of the same group are held out together. A group has one product, photos that look alike, or
      one family of goods.
    - ``weights``: the expected frequency of queries like this one: product in the catalog, or absent.
    - ``answer``: the number of the answer that the candidate belongs to.
    """

    evidence: Features
    right: npt.NDArray[np.bool_]
    in_catalog: npt.NDArray[np.bool_]
    products: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]
    weights: Numbers
    answer: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.right)

    @classmethod
    def of(cls, answers: Answers, products: npt.NDArray[np.str_], in_catalog: bool, weight: float) -> Sample:
        """A sample of the first candidates of answers to queries for these products.

        ``in_catalog`` says whether the catalog has all of these products, or none.
        """
        size = len(products)
        right = (answers.first == products) & in_catalog
        lacking_or_not, weights = np.full(size, in_catalog), np.full(size, weight)
        return cls(answers.evidence, right, lacking_or_not, products, products, weights, np.arange(size))

    @classmethod
    def joined(cls, *parts: Sample) -> Sample:
        """One sample of several; a feature that a part lacks is NaN there."""
        names = dict.fromkeys(name for part in parts for name in part.evidence)
        evidence = {
            name: np.concatenate([part.evidence.get(name, np.full(len(part), np.nan)) for part in parts])
            for name in names
        }
        numbered = [replace(part, answer=part.answer + n) for part, n in zip(parts, _offsets(parts), strict=True)]
        columns = [np.concatenate([getattr(part, field.name) for part in numbered]) for field in fields(cls)[1:]]
        return cls(evidence, *columns)

    def firsts(self, probability: Numbers) -> npt.NDArray[np.intp]:
        """The row of each answer's most probable candidate; ``probability`` has one number for each row."""
        order = np.lexsort((-probability, self.answer))
        _, starts = np.unique(self.answer[order], return_index=True)
        return np.asarray(order[starts])

    def where(self, chosen: npt.NDArray[np.bool_ | np.intp]) -> Sample:
        """The chosen rows."""
        evidence = {name: values[chosen] for name, values in self.evidence.items()}
        return Sample(evidence, *(getattr(self, field.name)[chosen] for field in fields(self)[1:]))


def _offsets(parts: Sequence[Sample]) -> list[int]:
    """For each part, the number of answers in the parts before it."""
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
    """Fits a calibration; thresholds and quality are estimated on held-out queries.

    A ``prior`` is a calibration fitted on other pictures; the more queries, the less it counts. ``UsageError`` for too
    few queries, only right or only wrong answers, or a precision outside (0, 1).
    """
    _check(sample, precision, prior)
    before = None if prior is None else prior.model
    held_out = np.full(len(sample), np.nan)
    for judged in _folds(sample):
        held_out[judged] = fit_logistic(sample.where(~judged), before).probability(sample.where(judged).evidence)
    first = sample.firsts(held_out)
    judged_sample = sample.where(first)
    shown = np.minimum(held_out[first], largest_probability(judged_sample.evidence, provisional)).round(DIGITS)
    match_at = _match_at(shown, judged_sample, precision, provisional)
    no_match_below = _no_match_below(shown, judged_sample)
    if prior is not None:
        match_at = _shrunk_match_at(match_at, prior, precision, len(first))
        no_match_below = _between(no_match_below, prior.no_match_below, len(first))
    return Calibration(
        fingerprint=fingerprint,
        vectors=vectors,
        model=fit_logistic(sample, before),
        precision=precision,
        match_at=match_at,
        no_match_below=no_match_below,
        quality=_quality(shown, judged_sample, match_at, provisional),
        provisional=provisional,
    )


def fit_logistic(sample: Sample, prior: Logistic | None = None) -> Logistic:
    """Fits a ridge logistic regression by Newton's method on standardized features. The bias is not penalized.

    With a ``prior``, weights and bias shrink toward the prior's, and its features are used. Without one, two kinds of
    features are left out: features with fewer than ``FEWEST_ANSWERS`` answers, and constant ones. Sources: Hastie,
    Tibshirani, Friedman, "The Elements of Statistical Learning", 2009, sections 4.4.1 and 18.3.2. Shrinking toward a
    prior is the maximum a posteriori estimate under a normal distribution around the prior (Bishop, "Pattern
    Recognition and Machine Learning", 2006, section 4.5.1).
    """
    start = _blank(sample) if prior is None else prior
    penalty = (RIDGE, _FREE) if prior is None else (PRIOR_RIDGE, PRIOR_RIDGE_OF_BIAS)
    rows = np.column_stack([*start.standardized(sample.evidence), np.ones(len(sample))])
    penalties = np.append(np.full(rows.shape[1] - 1, penalty[0]), penalty[1])
    center = np.append(start.weights, start.bias)
    weights = sample.weights / sample.weights.mean()
    solution = _newton(rows, sample.right.astype(np.float64), weights, penalties, center)
    return replace(start, weights=tuple(solution[:-1].tolist()), bias=float(solution[-1]))


NOT_LEARNED = frozenset(
    {
        "margin",
        "vote",
        "share",
        "spread",
        "pattern",
        "preference",
        CONTESTED_FEATURE,
        DIFFERING_FEATURE,
    }
)
"""Features that the model does not use.

All except the last two are features of earlier calibrations. The joined score, alike and covered now contain their
information. With the earlier features, probabilities on other kinds of goods were worse (benchmarks/RESULTS.md,
"Certainty on other goods"). The last two, contested and differing, limit the probability instead.
"""


def _blank(sample: Sample) -> Logistic:
    """A model with all weights 0 (probability 0.5), on the features that can be learned from the sample."""
    teaching = {
        name: values for name, values in sample.evidence.items() if name not in NOT_LEARNED and _is_learnable(values)
    }
    present = [values[np.isfinite(values)] for values in teaching.values()]
    center, scale = ([float(statistic(values)) for values in present] for statistic in (np.mean, np.std))
    return Logistic(tuple(teaching), tuple(center), tuple(scale), (0.0,) * len(teaching), 0.0)


def _is_learnable(values: Numbers) -> bool:
    present = values[np.isfinite(values)]
    return len(present) >= FEWEST_ANSWERS and float(np.std(present)) > 1e-9


def _newton(rows: Numbers, truth: Numbers, weights: Numbers, penalty: Numbers, center: Numbers) -> Numbers:
    solution = center.copy()
    for _ in range(100):
        probability = 1.0 / (1.0 + np.exp(-np.clip(rows @ solution, -30.0, 30.0)))
        gradient = rows.T @ (weights * (probability - truth)) + penalty * (solution - center)
        curvature = (rows * (weights * probability * (1 - probability))[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        solution = solution - step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return solution


def _folds(sample: Sample) -> Iterator[npt.NDArray[np.bool_]]:
    """For each fold, the rows that are held out. All queries of a group are held out together."""
    names, index = np.unique(sample.groups, return_inverse=True)
    parts = np.random.default_rng(0).permutation(len(names))[index] % FOLDS
    for part in range(FOLDS):
        if (parts == part).any():
            yield parts == part


def _match_at(probability: Numbers, sample: Sample, precision: float, provisional: bool) -> float | None:
    """The lowest probability from which on answers are right often enough and few queries for absent products match.

    A ``provisional`` calibration allows fewer matches of absent products, because it may be less exact on other goods
    than on those of the fit. Any other one falls back on ``STRICT_PRECISION`` and ``ABSENT_MATCHED_AT_MOST``.
    """
    if provisional:
        return _threshold(probability, sample, precision, ABSENT_MATCHED_ELSEWHERE, provisional)
    usual = _threshold(probability, sample, precision, ABSENT_MATCHED, provisional)
    if usual is not None:
        return usual
    return _threshold(probability, sample, max(precision, STRICT_PRECISION), ABSENT_MATCHED_AT_MOST, provisional)


def _threshold(
    probability: Numbers, sample: Sample, precision: float, most_absent: float, provisional: bool
) -> float | None:
    """The lowest probability from which on answers reach ``precision`` and at most ``most_absent`` absents match.

    The share of right answers is smoothed, because it is uncertain for few answers: ``SMOOTHING`` answers are added
    that are right as often as the model predicts.
    """
    weights = sample.weights / sample.weights.mean()
    absent_weight = max(float(weights[~sample.in_catalog].sum()), 1e-12)
    able = np.flatnonzero(may_match(sample.evidence, provisional))
    probability, weights, sample = probability[able], weights[able], sample.where(able)
    order = np.argsort(-probability, kind="stable")
    ordered, weights = probability[order], weights[order]
    mass = np.cumsum(weights)
    stated = np.cumsum(weights * ordered) / mass
    right = (np.cumsum(weights * sample.right[order]) + SMOOTHING * stated) / (mass + SMOOTHING)
    absent_matched = np.cumsum(weights * ~sample.in_catalog[order]) / absent_weight
    last_of_equals = np.append(ordered[:-1] > ordered[1:], True)[: len(ordered)]
    enough = last_of_equals & (right >= precision) & (absent_matched <= most_absent) & (ordered >= HALF)
    return float(ordered[np.flatnonzero(enough)[-1]]) if enough.any() else None


def _shrunk_match_at(own: float | None, prior: Calibration, precision: float, answers: int) -> float | None:
    """A mean of the prior's threshold and that of the answers, in log odds. With few answers, it is near the prior's.

    If the precisions differ, the prior's threshold is first shifted by the difference of their log odds. If the mean
    exceeds ``MAX_PROBABILITY``, the threshold is None, so that no answer is a match. Fewer than ``PRIOR_ANSWERS``
    answers cannot cause this where the prior has matches.
    """
    never = (1.0 + MAX_PROBABILITY) / 2
    before = _log_odds(prior.match_at or never) + _log_odds(precision) - _log_odds(prior.precision)
    threshold = max(HALF, round(_between(own or never, _probability(before), answers), DIGITS))
    if threshold <= MAX_PROBABILITY:
        return threshold
    return MAX_PROBABILITY if prior.match_at is not None and answers < PRIOR_ANSWERS else None


def _between(own: float, before: float, answers: int) -> float:
    """A weighted mean in log odds: near ``before`` (the prior's threshold) for few answers, near ``own`` for many."""
    share = answers / (answers + PRIOR_ANSWERS)
    return _probability(share * _log_odds(own) + (1.0 - share) * _log_odds(before))


def _log_odds(probability: float) -> float:
    inside = min(max(probability, _LEAST), 1.0 - _LEAST)
    return math.log(inside / (1.0 - inside))


def _probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def _no_match_below(probability: Numbers, sample: Sample) -> float:
    """The ``MISSED_SHARE`` quantile of the probabilities of right answers, at most 0.5."""
    right = probability[sample.right]
    return min(HALF, float(np.quantile(right, MISSED_SHARE))) if len(right) else 0.0


def _quality(probability: Numbers, sample: Sample, match_at: float | None, provisional: bool) -> Quality:
    matched = (probability >= (np.inf if match_at is None else match_at)) & may_match(sample.evidence, provisional)
    weights, absent = sample.weights, ~sample.in_catalog
    return Quality(
        queries=len(sample),
        products=len(np.unique(sample.products)),
        error=_number(expected_calibration_error(probability, sample.right, weights=weights)),
        known_auroc=_number(auroc(probability, sample.in_catalog)),
        match_share=float(weights[matched].sum() / weights.sum()),
        match_precision=float(np.average(sample.right[matched], weights=weights[matched])) if matched.any() else None,
        error_bound=_error_bound(probability, sample),
        absent_matched=float(np.average(matched[absent], weights=weights[absent])) if absent.any() else None,
    )


def _error_bound(probability: Numbers, sample: Sample) -> float | None:
    """The 95 % quantile of the calibration error when groups are resampled (Efron, Tibshirani 1993, chapter 13).

    There is no lower bound, because the calibration error is biased upward in small samples.
    """
    names, index = np.unique(sample.groups, return_inverse=True)
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
        raise UsageError(f"precision is {precision}; expected a share between 0 and 1, such as 0.95")
    fewest, fewest_products = (FEWEST_ANSWERS, FOLDS) if prior is None else (FEWEST_BESIDE_PRIOR, 2)
    products = len(np.unique(sample.products))
    _, firsts = np.unique(sample.answer, return_index=True)
    right = int(sample.right[firsts].sum())
    wrong = len(firsts) - right
    if products < fewest_products or min(right, wrong) < fewest:
        raise UsageError(
            f"{right} right and {wrong} wrong answers over {amount(products, 'product')} are too few to calibrate; "
            f"expected {fewest} of each over {fewest_products} products: give more labeled queries"
        )
