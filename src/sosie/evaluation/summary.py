"""From what was found to figures: metrics with confidence, groups, confusions, reliability and time."""

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
    """The figures of the queries that share one value of an attribute."""

    value: str
    queries: int
    metrics: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Confusion:
    """What was answered at first place, ``times`` out of the ``queries`` that wanted something else."""

    wanted: str
    answered: str
    times: int
    queries: int
    wanted_product: str
    answered_item: str


@dataclass(frozen=True, slots=True)
class ProbabilityQuality:
    """How far the probability of the first match can be believed; ``auroc`` tells known from unknown products."""

    bins: tuple[Bin, ...]
    error: float
    brier: float
    auroc: float


def metrics_of(answered: Sequence[Answered], depth: int, names: Sequence[str] | None = None) -> dict[str, Interval]:
    """Every metric, or those named, with its confidence over products."""
    clusters = [one.product_id for one in answered]
    return {name: bootstrap(values, clusters) for name, values in values_of(answered, depth, names).items()}


def values_of(answered: Sequence[Answered], depth: int, names: Sequence[str] | None = None) -> dict[str, Values]:
    """Every metric, or those named, query by query."""
    ranking = ranking_of(answered, depth)
    return {name: metric(ranking) for name, metric in standard_metrics().items() if names is None or name in names}


def groups_of(evaluation: Evaluation, attribute: str) -> list[Group]:
    """The headline figures for each value of an attribute, the most queries first."""
    parts: dict[str, list[Answered]] = {}
    for one in evaluation.judged:
        parts.setdefault(one.groups[attribute], []).append(one)
    depth = evaluation.setting.depth
    groups = [Group(value, len(part), metrics_of(part, depth, HEADLINE)) for value, part in parts.items()]
    return sorted(groups, key=lambda group: (-group.queries, group.value))


def confusions_of(evaluation: Evaluation, most: int = MOST_CONFUSIONS) -> list[Confusion]:
    """What was most often answered in place of what was wanted."""
    asked = Counter(one.label for one in evaluation.judged)
    wrong = [one for one in evaluation.judged if one.first and not one.first[0].right]
    times = Counter((one.label, one.first[0].label) for one in wrong)
    example = {(one.label, one.first[0].label): one for one in reversed(wrong)}
    return [
        Confusion(wanted, answered, count, asked[wanted], one.product_id, one.first[0].item_id)
        for (wanted, answered), count in sorted(times.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
        for one in [example[wanted, answered]]
    ]


def probability_quality(evaluation: Evaluation) -> ProbabilityQuality | None:
    """What the probabilities of first matches are worth, None where the store gives none."""
    known = [(one.probability, one) for one in evaluation.answered if one.probability is not None]
    if not known:
        return None
    probabilities = np.array([probability for probability, _ in known])
    right = [one.place == 1 for _, one in known]
    present = [one.relevant > 0 for _, one in known]
    return ProbabilityQuality(
        tuple(reliability(probabilities, right)),
        expected_calibration_error(probabilities, right),
        brier(probabilities, right),
        auroc(probabilities, present),
    )


def median_seconds(evaluation: Evaluation) -> float | None:
    """What one query takes in the middle, reading and decoding included, None without any."""
    return float(np.median([one.seconds for one in evaluation.answered])) if evaluation.answered else None


def to_dict(evaluation: Evaluation) -> dict[str, JSON]:
    """The evaluation with all its figures as plain JSON; ``reading.from_dict`` reads it back."""
    known = probability_quality(evaluation)
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
        "calibrated": None if known is None else _without_nan(asdict(known)),
        "seconds": {"total": evaluation.seconds, "median_per_query": median_seconds(evaluation)},
        "rejected": [asdict(rejection) for rejection in evaluation.rejected],
        "answered": [answered_to_dict(one) for one in evaluation.answered],
    }


def _group_to_dict(group: Group) -> dict[str, JSON]:
    return {"value": group.value, "queries": group.queries, "metrics": _plain(group.metrics)}


def _plain(metrics: Mapping[str, Interval]) -> dict[str, JSON]:
    return {name: interval.to_dict() for name, interval in metrics.items()}


def _without_nan(values: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in values.items()}
