"""Compares two evaluations of the same queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sosie.errors import UsageError
from sosie.evaluation.records import Answered, Evaluation, EvaluationSetting, answered_from_dict
from sosie.evaluation.statistics import Comparison, compare_runs
from sosie.evaluation.summary import FORMAT, values_of
from sosie.types import JSON, Rejection


@dataclass(frozen=True, slots=True)
class EvaluationComparison:
    """Two evaluations of the same queries: their settings, the difference of every metric, and the queries that differ.

    ``won`` and ``lost`` name the queries whose first match is right only in the second, or only in the first
    evaluation. ``unpaired`` is the number of queries that only one of them could judge.
    """

    first: EvaluationSetting
    second: EvaluationSetting
    queries: int
    unpaired: int
    metrics: Mapping[str, Comparison]
    won: tuple[str, ...]
    lost: tuple[str, ...]

    def to_dict(self) -> dict[str, JSON]:
        """The comparison as plain JSON."""
        metrics = {
            name: {**asdict(comparison), "difference": comparison.difference.to_dict(), "helps": comparison.helps}
            for name, comparison in self.metrics.items()
        }
        return {**asdict(self), "metrics": metrics, "won": list(self.won), "lost": list(self.lost)}


def from_dict(data: JSON) -> Evaluation:
    """Reads the evaluation that ``summary.to_dict`` wrote; ``UsageError`` for other data."""
    try:
        if data["format"] != FORMAT:
            raise UsageError(f"this evaluation has format {data['format']!r}, expected {FORMAT}; evaluate again")
        return Evaluation(
            EvaluationSetting(**data["setting"]),
            tuple(map(answered_from_dict, data["answered"])),
            tuple(Rejection(**row) for row in data["rejected"]),
            float(data["seconds"]["total"]),
            tuple(data["per"]),
        )
    except (KeyError, TypeError) as error:
        raise UsageError(
            "this is not an evaluation: expected the file that `sosie evaluate --json FILE` writes, unchanged"
        ) from error


def compare_evaluations(first: Evaluation, second: Evaluation) -> EvaluationComparison:
    """The gain of the second evaluation over the first. Queries are paired by name.

    ``UsageError`` if the settings of the evaluations differ, or if no query is in both.
    """
    _check_comparable(first.setting, second.setting)
    second_by_name = {query.query: query for query in second.judged}
    pairs = [(query, second_by_name[query.query]) for query in first.judged if query.query in second_by_name]
    if not pairs:
        raise UsageError("the two evaluations have no query in common: compare evaluations of the same queries")
    before, after = [query for query, _ in pairs], [query for _, query in pairs]
    return EvaluationComparison(
        first=first.setting,
        second=second.setting,
        queries=len(pairs),
        unpaired=len(first.judged) + len(second.judged) - 2 * len(pairs),
        metrics=_compared(before, after, first.setting.depth),
        won=tuple(new.query for old, new in pairs if old.place != 1 and new.place == 1),
        lost=tuple(new.query for old, new in pairs if old.place == 1 and new.place != 1),
    )


def _compared(before: Sequence[Answered], after: Sequence[Answered], depth: int) -> dict[str, Comparison]:
    clusters = [query.product_id for query in before]
    first, second = values_of(before, depth), values_of(after, depth)
    return {name: compare_runs(first[name], second[name], clusters) for name in first}


def _check_comparable(first: EvaluationSetting, second: EvaluationSetting) -> None:
    for name, old, new in (
        ("judged by", first.by, second.by),
        ("had a depth of", first.depth, second.depth),
        ("left one out", first.leave_one_out, second.leave_one_out),
    ):
        if old != new:
            raise UsageError(
                f"the first evaluation {name} {old!r} and the second {new!r}: these figures mean different things; "
                "evaluate both in the same way"
            )
