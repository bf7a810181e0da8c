"""Intervals that cover what they should, and tests that call a difference only where there is one."""

import numpy as np
import pytest
from scipy import stats

from sosie.errors import UsageError
from sosie.evaluation.statistics import bootstrap, compare_runs


def test_the_interval_agrees_with_the_normal_one_where_values_are_independent():
    values = np.random.default_rng(1).normal(0.5, 0.2, 400)
    interval = bootstrap(values)
    half = 1.96 * values.std() / 20
    assert interval.mean == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.003)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.003)


def test_photos_of_one_product_count_as_one_draw():
    values = np.repeat(np.random.default_rng(2).integers(0, 2, 20).astype(float), 15)
    clusters = np.repeat(np.arange(20), 15).tolist()
    alone, together = bootstrap(values), bootstrap(values, clusters)
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_values_that_are_missing_are_left_out():
    interval = bootstrap(np.array([1.0, np.nan, 1.0]), ["a", "b", "c"])
    assert (interval.mean, interval.low, interval.high) == (1.0, 1.0, 1.0)
    assert bootstrap(np.array([np.nan])).to_dict() == {"mean": None, "low": None, "high": None}


def test_the_randomization_test_agrees_with_the_paired_t_test():
    rng = np.random.default_rng(3)
    first = rng.normal(0.5, 0.1, 120)
    second = first + rng.normal(0.012, 0.06, 120)
    assert compare_runs(first, second).p_value == pytest.approx(stats.ttest_rel(first, second).pvalue, abs=0.02)


def test_the_same_run_twice_does_not_differ():
    values = np.array([0.0, 1.0, 1.0, 0.0])
    comparison = compare_runs(values, values)
    assert (comparison.p_value, comparison.difference.mean, comparison.helps) == (1.0, 0.0, False)


def test_a_clear_gain_helps_and_a_clear_loss_does_not():
    rng = np.random.default_rng(4)
    worse, better = rng.random(100) < 0.3, rng.random(100) < 0.8
    gain = compare_runs(worse.astype(float), better.astype(float))
    assert gain.helps
    assert gain.p_value < 0.01
    assert not compare_runs(better.astype(float), worse.astype(float)).helps


def test_a_gain_in_one_product_only_is_no_proof():
    first = np.zeros(100)
    second = np.concatenate([np.ones(40), np.zeros(60)])
    clusters = ["lucky"] * 40 + [f"other{n}" for n in range(60)]
    assert compare_runs(first, second).helps
    assert compare_runs(first, second, clusters).p_value == 1.0


def test_runs_over_different_queries_cannot_be_paired():
    with pytest.raises(UsageError, match="compare the same queries"):
        compare_runs(np.zeros(3), np.zeros(4))


def test_reproducible_whatever_was_drawn_before():
    values = np.random.default_rng(5).random(50)
    np.random.default_rng().random(10)
    assert bootstrap(values) == bootstrap(values)
    assert bootstrap(values) != bootstrap(values, seed=1)
