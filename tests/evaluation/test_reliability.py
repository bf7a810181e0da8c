"""Reliability figures against loops, and at their edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from sosie.errors import UsageError
from sosie.evaluation.reliability import auroc, brier, expected_calibration_error, reliability

tied_scores = hnp.arrays(np.float64, st.integers(2, 40), elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))


@given(tied_scores, st.randoms(use_true_random=False))
def test_auroc_agrees_with_the_rank_sum_test(scores, random):
    positive = np.array([random.random() < 0.5 for _ in scores])
    if positive.all() or not positive.any():
        assert math.isnan(auroc(scores, positive))
        return
    u = stats.mannwhitneyu(scores[positive], scores[~positive]).statistic
    assert auroc(scores, positive) == pytest.approx(u / (positive.sum() * (~positive).sum()), abs=1e-12)


@given(tied_scores, st.integers(1, 8))
def test_every_answer_lies_in_one_bin_and_equal_probabilities_in_the_same(scores, bins):
    parts = reliability(scores, scores > 0.5, bins)
    assert sum(part.count for part in parts) == len(scores)
    assert len(parts) <= bins
    assert [part.probability for part in parts] == sorted({part.probability for part in parts})


def test_equal_mass_bins_by_hand():
    parts = reliability(np.array([0.1, 0.2, 0.6, 0.8]), [False, True, False, True], 2)
    assert [(part.count, part.right) for part in parts] == [(2, 0.5), (2, 0.5)]
    assert expected_calibration_error(np.array([0.1, 0.2, 0.6, 0.8]), [False, True, False, True], 2) == pytest.approx(
        (2 * 0.35 + 2 * 0.2) / 4
    )


def test_honest_probabilities_have_a_small_error_and_boasts_a_large_one():
    rng = np.random.default_rng(1)
    honest = rng.random(20_000)
    right = rng.random(20_000) < honest
    assert expected_calibration_error(honest, right) < 0.015
    assert expected_calibration_error(np.sqrt(honest), right) > 0.1


def test_brier_by_hand():
    assert brier(np.array([1.0, 0.5]), [True, False]) == pytest.approx(0.125)


def test_nothing_measured_is_no_figure():
    nothing = np.array([])
    assert reliability(nothing, []) == []
    assert math.isnan(expected_calibration_error(nothing, []))
    assert math.isnan(brier(nothing, []))


def test_truths_must_pair_with_probabilities():
    with pytest.raises(UsageError, match="do not pair"):
        brier(np.array([0.5]), [True, False])
