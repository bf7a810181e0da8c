"""Two evaluations side by side, through their JSON."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from sosie.errors import UsageError
from sosie.evaluation.comparison import compare_evaluations, from_dict
from sosie.evaluation.records import Evaluation
from sosie.evaluation.summary import to_dict
from support.evaluations import evaluation_of


def test_json_gives_the_same_evaluation_back() -> None:
    item = evaluation_of([1, 3, None, 2], probabilities=[0.9, 0.2, 0.3, 0.4], absent=2)
    assert from_dict(json.loads(json.dumps(to_dict(item)))) == item


def test_a_gain_is_reported_with_its_queries() -> None:
    first, second = evaluation_of([2] * 30 + [1] * 30), evaluation_of([1] * 30 + [1] * 29 + [2])
    compared = compare_evaluations(first, second)
    gain = compared.metrics["hit rate@1"]
    assert (gain.first, gain.second) == (0.5, pytest.approx(59 / 60))
    assert gain.difference.mean == pytest.approx(29 / 60)
    assert gain.helps
    assert gain.p_value < 0.01
    assert compared.won == tuple(f"q{n}" for n in range(30))
    assert compared.lost == ("q59",)
    assert json.loads(json.dumps(compared.to_dict()))["metrics"]["hit rate@1"]["helps"] is True


def test_queries_are_paired_by_name_whatever_their_order() -> None:
    entry = evaluation_of([1, 2, 3])
    turned = replace(entry, answered=tuple(reversed(entry.answered)))
    assert compare_evaluations(entry, turned).metrics["mAP"].difference.mean == 0.0


def test_queries_of_one_side_only_are_left_out_and_counted() -> None:
    one = evaluation_of([1, 1, 2, 2])
    other = replace(one, answered=one.answered[:3])
    compared = compare_evaluations(one, other)
    assert (compared.queries, compared.unpaired) == (3, 1)
    assert compared.metrics["hit rate@1"].first == pytest.approx(2 / 3)


def changed(evaluation: Evaluation, **setting: object) -> Evaluation:
    return replace(evaluation, setting=replace(evaluation.setting, **setting))  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", [{"by": "brand"}, {"depth": 7}, {"leave_one_out": True}])
def test_what_was_measured_differently_is_not_compared(setting: dict[str, object]) -> None:
    element = evaluation_of([1, 2])
    with pytest.raises(UsageError, match="mean different things"):
        compare_evaluations(element, changed(element, **setting))


def test_other_queries_are_not_compared() -> None:
    one = evaluation_of([1, 2])
    with pytest.raises(UsageError, match="no query in common"):
        compare_evaluations(one, replace(one, answered=()))


@pytest.mark.parametrize("data", [[], {}, 3, {"format": 99}, {"format": 1, "setting": {}}, {"results": []}])
def test_what_is_no_evaluation_is_refused(data: Sequence[object]) -> None:
    with pytest.raises(UsageError, match="evaluat"):
        from_dict(data)
