"""Every metric against an independent implementation (trec_eval), and its edges by hand."""

import math

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import UsageError
from sosie.evaluation.metrics import (
    Ranking,
    average_precision,
    average_precision_at_r,
    hit_rate,
    mean,
    ndcg,
    reciprocal_rank,
    set_recall,
    standard_metrics,
)

CUTS = (1, 5, 10)
IDS = [f"item{number:02d}" for number in range(24)]


@st.composite
def cases(draw):
    """Queries with a rank list (possibly empty) and a set of right ids (possibly empty, possibly not in the list)."""
    answers, relevant = [], []
    for _ in range(draw(st.integers(1, 6))):
        shuffled = draw(st.permutations(IDS))
        answers.append(shuffled[: draw(st.integers(0, len(IDS)))])
        relevant.append(draw(st.sets(st.sampled_from(IDS), max_size=14)))
    return answers, relevant


def trec_values(answers, relevant):
    measures = {f"success.{_cuts()}", f"recall.{_cuts()}", f"ndcg_cut.{_cuts()}", "map", "recip_rank"}
    judged = {str(row): dict.fromkeys(sorted(ids), 1) for row, ids in enumerate(relevant) if ids}
    run = {str(row): {id: float(len(ids) - place) for place, id in enumerate(ids)} for row, ids in enumerate(answers)}
    return pytrec_eval.RelevanceEvaluator(judged, measures).evaluate(run)


def _cuts():
    return ",".join(map(str, CUTS))


def trec_name(name):
    family, _, k = name.partition("@")
    names = {"hit rate": "success", "set recall": "recall", "nDCG": "ndcg_cut", "mAP": "map", "MRR": "recip_rank"}
    return f"{names[family]}_{k}" if k else names[family]


@given(cases())
def test_agrees_with_trec_eval_to_1e_9(case):
    answers, relevant = case
    expected = trec_values(answers, relevant)
    ranking = Ranking.of(answers, relevant)
    for name, metric in standard_metrics(CUTS).items():
        if name == "mAP@R":
            continue
        for row, value in enumerate(metric(ranking)):
            if not relevant[row]:
                assert math.isnan(value)
            elif answers[row]:
                assert value == pytest.approx(expected[str(row)][trec_name(name)], abs=1e-9)
            else:
                assert value == 0.0


def musgrave_map_at_r(ids, wanted):
    """Straight from the paper: (1/R) Σ_{i=1..R} P(i), P(i) = precision at i if the i-th is right, else 0."""
    total = 0.0
    for place in range(1, len(wanted) + 1):
        if place <= len(ids) and ids[place - 1] in wanted:
            total += sum(item in wanted for item in ids[:place]) / place
    return total / len(wanted)


@given(cases())
def test_map_at_r_agrees_with_a_plain_loop(case):
    answers, relevant = case
    for row, value in enumerate(average_precision_at_r(Ranking.of(answers, relevant))):
        if relevant[row]:
            assert value == pytest.approx(musgrave_map_at_r(answers[row], relevant[row]), abs=1e-9)
        else:
            assert math.isnan(value)


@given(cases())
def test_map_at_r_is_the_mean_average_precision_of_trec_eval_cut_at_r(case):
    answers, relevant = case
    for ids, wanted in zip(answers, relevant, strict=True):
        cut = ids[: len(wanted)]
        if cut:
            value = average_precision_at_r(Ranking.of([ids], [wanted]))[0]
            assert value == pytest.approx(trec_values([cut], [wanted])["0"]["map"], abs=1e-9)


def test_metrics_of_the_example_in_the_docs():
    ranking = Ranking.of([["a", "x", "b", "y"]], [{"a", "b", "c"}])
    assert hit_rate(ranking, 1)[0] == 1.0
    assert set_recall(ranking, 3)[0] == pytest.approx(2 / 3)
    assert average_precision(ranking)[0] == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision_at_r(ranking)[0] == pytest.approx((1 + 2 / 3) / 3)
    assert ndcg(ranking, 3)[0] == pytest.approx((1 + 1 / 2) / (1 + 1 / math.log2(3) + 1 / 2))
    assert reciprocal_rank(ranking)[0] == 1.0


def test_the_order_decides_so_that_a_tie_is_worth_what_its_place_is_worth():
    first, second = Ranking.of([["a", "b"]], [{"a"}]), Ranking.of([["a", "b"]], [{"b"}])
    assert (hit_rate(first, 1)[0], hit_rate(second, 1)[0]) == (1.0, 0.0)
    assert (reciprocal_rank(first)[0], reciprocal_rank(second)[0]) == (1.0, 0.5)


def test_a_query_without_a_right_answer_is_left_out_of_the_mean():
    ranking = Ranking.of([["a"], ["b"], ["c"]], [{"a"}, set(), {"x"}])
    assert mean(hit_rate(ranking, 1)) == 0.5
    assert math.isnan(mean(hit_rate(Ranking.of([["a"]], [set()]), 1)))


@pytest.mark.parametrize("name", list(standard_metrics()))
def test_no_queries_and_empty_lists_are_no_error(name):
    metric = standard_metrics()[name]
    assert metric(Ranking.of([], [])).shape == (0,)
    assert metric(Ranking.of([[]], [{"a"}])).tolist() == [0.0]
    assert np.isnan(metric(Ranking.of([[]], [set()]))).all()


def test_k_must_be_at_least_one():
    with pytest.raises(UsageError, match="at least 1"):
        hit_rate(Ranking.of([["a"]], [{"a"}]), 0)
