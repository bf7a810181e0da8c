"""Confidence intervals and significance tests, by resampling clusters.

Photos of one product are not independent, so products are resampled, not photos; otherwise intervals would be too
narrow. Every function is reproducible: random numbers depend only on ``seed``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from sosie.errors import UsageError
from sosie.evaluation.metrics import Values
from sosie.types import JSON

ROUNDS = 2_000
_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its confidence interval; NaN if there are no values."""

    mean: float
    low: float
    high: float

    def to_dict(self) -> dict[str, JSON]:
        """The interval as plain JSON: NaN becomes null."""
        return {name: None if np.isnan(value) else value for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two evaluations of the same queries: both means, the interval of second − first, and the p-value."""

    first: float
    second: float
    difference: Interval
    p_value: float

    @property
    def helps(self) -> bool:
        """True if the whole interval of the difference is above zero."""
        return self.difference.low > 0.0

    def to_dict(self) -> dict[str, JSON]:
        """The comparison as plain JSON: NaN becomes null."""
        means = {"first": self.first, "second": self.second, "p_value": self.p_value}
        return {n: None if np.isnan(v) else v for n, v in means.items()} | {"difference": self.difference.to_dict()}


def bootstrap(
    values: Values,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Interval:
    """The mean of ``values`` (n,) with its percentile interval from a cluster bootstrap. NaN values are left out.

    ``clusters`` names the cluster of each value, usually the product; with None each value is a cluster. Sources:
    Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13; for clusters: Field, Welsh, JRSS B 2007.
    """
    sums, sizes = _by_cluster(values, clusters)
    if not len(sums):
        return Interval(float("nan"), float("nan"), float("nan"))
    means = np.concatenate([drawn @ sums / (drawn @ sizes) for drawn in _draws(len(sums), rounds, seed)])
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(sums.sum() / sizes.sum()), float(low), float(high))


def compare_runs(
    first: Values,
    second: Values,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    rounds: int = ROUNDS,
    seed: int = 0,
) -> Comparison:
    """The gain of ``second`` over ``first``, query by query. A query without a value in either is ignored.

    The p-value is from a two-sided randomization test, which exchanges the two evaluations cluster by cluster. Source:
    Smucker, Allan, Carterette, "A comparison of statistical significance tests for information retrieval", CIKM 2007.
    """
    if first.shape != second.shape:
        raise UsageError(
            f"runs over {len(first)} and {len(second)} queries cannot be paired; compare the same queries in one order"
        )
    gains = second - first
    both = ~np.isnan(gains)
    return Comparison(
        first=float(first[both].mean()) if both.any() else float("nan"),
        second=float(second[both].mean()) if both.any() else float("nan"),
        difference=bootstrap(gains, clusters, confidence, rounds, seed),
        p_value=_randomization_p(_by_cluster(gains, clusters)[0], rounds, seed),
    )


def _by_cluster(values: Values, clusters: Sequence[Hashable] | None) -> tuple[Values, Values]:
    present = ~np.isnan(values)
    if clusters is None:
        return values[present], np.ones(int(present.sum()))
    codes: dict[Hashable, int] = {}
    index = np.array([codes.setdefault(cluster, len(codes)) for cluster in clusters], dtype=np.int64)[present]
    sums = np.bincount(index, values[present], len(codes)).astype(np.float64)
    sizes = np.bincount(index, minlength=len(codes)).astype(np.float64)
    return sums[sizes > 0], sizes[sizes > 0]


def _draws(count: int, rounds: int, seed: int) -> Iterator[npt.NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    for start in range(0, rounds, _CHUNK):
        picks = rng.integers(0, count, (min(_CHUNK, rounds - start), count))
        yield np.stack([np.bincount(row, minlength=count) for row in picks]).astype(np.float64)


def _randomization_p(sums: Values, rounds: int, seed: int) -> float:
    if not np.any(sums):
        return 1.0
    rng = np.random.default_rng(seed)
    observed, extreme = abs(float(sums.sum())), 0
    for start in range(0, rounds, _CHUNK):
        signs = rng.integers(0, 2, (min(_CHUNK, rounds - start), len(sums))) * 2.0 - 1.0
        extreme += int((np.abs(signs @ sums) >= observed - 1e-12).sum())
    return (1 + extreme) / (1 + rounds)
