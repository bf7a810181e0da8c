"""Computes the figures of an evaluation: metrics with intervals, groups, confusions, reliability and time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from sosie.evaluation.metrics import Values, standard_metrics
from sosie.evaluation.records import Answered, Evaluation, answered_to_dict, ranking_of
from sosie.evaluation.reliability import Bin, auroc, brier, expected_calibration_error, reliability
from sosie.evaluation.statistics import Interval, bootstrap
from sosie.types import JSON

FORMAT = 1
HEADLINE = ("hit rate@1", "hit rate@5", "mAP")
MOST_CONFUSIONS = 20


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of the queries with the same value of an attribute."""

    value: str
    queries: int
    metrics: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Confusion:
    """A wrong first match that occurred ``times`` in ``queries`` queries with the wanted label."""

    wanted: str
    answered: str
    times: int
    queries: int
    wanted_product: str
    answered_item: str


@dataclass(frozen=True, slots=True)
class ProbabilityQuality:
    """The quality of the first match's probability; ``auroc`` compares products in the gallery with absent ones."""

    bins: tuple[Bin, ...]
    error: float
    brier: float
    auroc: float


def metrics_of(answered: Sequence[Answered], depth: int, names: Sequence[str] | None = None) -> dict[str, Interval]:
    """All metrics, or those named, with their intervals over products."""
    clusters = [query.product_id for query in answered]
    return {name: bootstrap(values, clusters) for name, values in values_of(answered, depth, names).items()}


def values_of(answered: Sequence[Answered], depth: int, names: Sequence[str] | None = None) -> dict[str, Values]:
    """All metrics, or those named, query by query."""
    ranking = ranking_of(answered, depth)
    return {name: metric(ranking) for name, metric in standard_metrics().items() if names is None or name in names}


def groups_of(evaluation: Evaluation, attribute: str) -> list[Group]:
    """The main figures for each value of an attribute, most queries first."""
    parts: dict[str, list[Answered]] = {}
    for query in evaluation.judged:
        parts.setdefault(query.groups[attribute], []).append(query)
    depth = evaluation.setting.depth
    groups = [Group(value, len(part), metrics_of(part, depth, HEADLINE)) for value, part in parts.items()]
    return sorted(groups, key=lambda group: (-group.queries, group.value))


def confusions_of(evaluation: Evaluation, most: int = MOST_CONFUSIONS) -> list[Confusion]:
    """The most frequent wrong first matches."""
    totals = Counter(query.label for query in evaluation.judged)
    wrong = [query for query in evaluation.judged if query.first and not query.first[0].right]
    times = Counter((query.label, query.first[0].label) for query in wrong)
    example = {(query.label, query.first[0].label): query for query in reversed(wrong)}
    return [
        Confusion(wanted, answered, count, totals[wanted], query.product_id, query.first[0].item_id)
        for (wanted, answered), count in sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
        for query in [example[wanted, answered]]
    ]


def probability_quality(evaluation: Evaluation) -> ProbabilityQuality | None:
    """The quality of the probabilities of first matches; None if there are none."""
    judged = [(query.probability, query) for query in evaluation.answered if query.probability is not None]
    if not judged:
        return None
    probabilities = np.array([probability for probability, _ in judged])
    right = [query.place == 1 for _, query in judged]
    present = [query.relevant > 0 for _, query in judged]
    return ProbabilityQuality(
        tuple(reliability(probabilities, right)),
        expected_calibration_error(probabilities, right),
        brier(probabilities, right),
        auroc(probabilities, present),
    )


def median_seconds(evaluation: Evaluation) -> float | None:
    """The median time of a query, including reading and decoding; None without queries."""
    return float(np.median([query.seconds for query in evaluation.answered])) if evaluation.answered else None


def to_dict(evaluation: Evaluation) -> dict[str, JSON]:
    """The evaluation with all its figures as plain JSON; ``comparison.from_dict`` reads it."""
    quality = probability_quality(evaluation)
    return {
        "format": FORMAT,
        "setting": asdict(evaluation.setting),
        "queries": {
            "judged": len(evaluation.judged),
            "not_in_catalogue": len(evaluation.absent),
            "rejected": len(evaluation.rejected),
        },
        "metrics": _plain(metrics_of(evaluation.judged, evaluation.setting.depth)),
        "per": {name: [_group_to_dict(group) for group in groups_of(evaluation, name)] for name in evaluation.per},
        "confusions": [asdict(confusion) for confusion in confusions_of(evaluation)],
        "calibrated": None if quality is None else _without_nan(asdict(quality)),
        "seconds": {"total": evaluation.seconds, "median_per_query": median_seconds(evaluation)},
        "rejected": [asdict(rejection) for rejection in evaluation.rejected],
        "answered": [answered_to_dict(query) for query in evaluation.answered],
    }


def _group_to_dict(group: Group) -> dict[str, JSON]:
    return {"value": group.value, "queries": group.queries, "metrics": _plain(group.metrics)}


def _plain(metrics: Mapping[str, Interval]) -> dict[str, JSON]:
    return {name: interval.to_dict() for name, interval in metrics.items()}


def _without_nan(values: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in values.items()}
