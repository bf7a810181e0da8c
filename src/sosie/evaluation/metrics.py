"""Metrics on ranked lists, with one value for each query; docs/metrics.md has the formulas and an example.

Every function takes a ``Ranking`` and returns float64 of shape (n,). If the gallery has no right answer for a query,
its value is NaN, and ``mean`` ignores it. Positions after the end of a list count as wrong answers. Ties do not occur,
because stores order equal scores by item_id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sosie.errors import UsageError

Values: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answers to n queries, reduced to right and wrong.

    - ``right`` (n, depth), bool: True where the answer at this rank is right; False after the end of a list.
    - ``totals`` (n,), int: the number of right answers in the gallery, in the list or not.
    """

    right: npt.NDArray[np.bool_]
    totals: npt.NDArray[np.int64]

    @classmethod
    def of(cls, answers: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]]) -> Ranking:
        """Makes a ranking from lists of ids, best first without repetition, and from the right ids of each query."""
        depth = max(map(len, answers), default=0)
        right = np.zeros((len(answers), depth), dtype=np.bool_)
        for row, (ids, wanted) in enumerate(zip(answers, relevant, strict=True)):
            right[row, : len(ids)] = [item in wanted for item in ids]
        return cls(right, np.array([len(set(wanted)) for wanted in relevant], dtype=np.int64))


def hit_rate(ranking: Ranking, k: int) -> Values:
    """1 if at least one of the first k answers is right, else 0. Metric learning calls its mean Recall@k.

    Source: Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", TPAMI 2011, section V.
    """
    return _defined(ranking, np.any(_first(ranking, k), axis=1))


def set_recall(ranking: Ranking, k: int) -> Values:
    """The share of all right answers that are among the first k.

    Source: Manning, Raghavan, Schütze, "Introduction to Information Retrieval", 2008, section 8.3, cut at k.
    """
    return _defined(ranking, _first(ranking, k).sum(axis=1) / _divisor(ranking))


def average_precision(ranking: Ranking) -> Values:
    """Sum of precision@i over the ranks i of right answers, divided by the number of right answers. Its mean is mAP.

    Right answers that are not in the list add 0. Source: Manning, Raghavan, Schütze 2008, section 8.4.
    """
    return _defined(ranking, (_precisions(ranking.right) * ranking.right).sum(axis=1) / _divisor(ranking))


def average_precision_at_r(ranking: Ranking) -> Values:
    """Average precision over the first R ranks, where R is the number of right answers. Its mean is mAP@R.

    Source: Musgrave, Belongie, Lim, "A Metric Learning Reality Check", ECCV 2020, section 3.2.
    """
    places = np.arange(ranking.right.shape[1])
    within = ranking.right & (places[None, :] < ranking.totals[:, None])
    return _defined(ranking, (_precisions(ranking.right) * within).sum(axis=1) / _divisor(ranking))


def ndcg(ranking: Ranking, k: int) -> Values:
    """Discounted gain Σ 1 / log2(1 + i) over the right ranks i ≤ k, divided by the best possible.

    Source: Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with binary gain.
    """
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    best = np.concatenate([[0.0], np.cumsum(discounts)])
    first = _first(ranking, k)
    ideal = best[np.clip(ranking.totals, 1, k)]
    return _defined(ranking, first @ discounts[: first.shape[1]] / ideal)


def reciprocal_rank(ranking: Ranking) -> Values:
    """1 / rank of the first right answer; 0 if the list has none. Its mean is MRR.

    Source: Voorhees, "The TREC-8 Question Answering Track Report", 1999.
    """
    places = ranking.right.argmax(axis=1) + 1.0 if ranking.right.shape[1] else np.ones(len(ranking.right))
    return _defined(ranking, np.where(ranking.right.any(axis=1), 1.0 / places, 0.0))


def mean(values: Values) -> float:
    """The mean over the queries with a value; NaN if there are none."""
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else float("nan")


def standard_metrics(cuts: Sequence[int] = (1, 5, 10)) -> Mapping[str, Callable[[Ranking], Values]]:
    """The metrics of an evaluation by name, in the order of tables."""
    cut: dict[str, Callable[[Ranking], Values]] = {}
    families = {"hit rate": hit_rate, "set recall": set_recall, "nDCG": ndcg}
    for name, metric in families.items():
        cut |= {f"{name}@{k}": _cut_at(metric, k) for k in cuts}
    return cut | {"mAP": average_precision, "mAP@R": average_precision_at_r, "MRR": reciprocal_rank}


def _cut_at(metric: Callable[[Ranking, int], Values], k: int) -> Callable[[Ranking], Values]:
    return lambda ranking: metric(ranking, k)


def _first(ranking: Ranking, k: int) -> npt.NDArray[np.bool_]:
    if k < 1:
        raise UsageError(f"a metric at k = {k} is undefined; expected k of at least 1")
    return ranking.right[:, :k]


def _divisor(ranking: Ranking) -> npt.NDArray[np.int64]:
    return np.maximum(ranking.totals, 1)


def _precisions(right: npt.NDArray[np.bool_]) -> Values:
    return np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)


def _defined(ranking: Ranking, values: npt.ArrayLike) -> Values:
    return np.where(ranking.totals > 0, np.asarray(values, dtype=np.float64), np.nan)
