"""The rule of acceptance: a sure gain over the whole catalog, and little harm to products without labels."""

import numpy as np
import pytest

from sosie.adaptation.acceptance import TrialOutcome, best_setting, gains_of, largest_share
from sosie.adaptation.choosing import _strongest_accepted
from sosie.adaptation.trials import SETTINGS, Trial

PRODUCTS = np.repeat([f"product{number:02d}" for number in range(80)], 5)


def hits(share, seed):
    return (np.random.default_rng(seed).random(len(PRODUCTS)) < share).astype(float)


def outcomes(labeled, unlabeled):
    """Hit rate@1 before and after, for each kind."""
    kinds = (("labeled", labeled), ("unlabeled", unlabeled))
    return [TrialOutcome(kind, PRODUCTS, hits(before, 1), hits(after, 1)) for kind, (before, after) in kinds]


def test_what_harms_unlabeled_products_is_accepted_only_where_they_are_few():
    found = outcomes(labeled=(0.4, 0.9), unlabeled=(0.5, 0.45))
    assert gains_of(found, covered=0.9).accepted
    refused = gains_of(found, covered=0.5)
    assert refused.expected.low > 0.0
    assert not refused.accepted
    assert "may harm the 50%" in refused.sentence()


def test_a_setting_without_gain_is_refused_even_without_harm():
    refused = gains_of(outcomes(labeled=(0.4, 0.4), unlabeled=(0.5, 0.5)), covered=0.5)
    assert refused.harm == 0.0
    assert not refused.accepted
    assert "no significant gain" in refused.sentence()


@pytest.mark.parametrize("covered", [0.2, 0.5, 1.0])
def test_the_expected_gain_weighs_each_kind_by_its_share_of_the_products(covered):
    result = outcomes(labeled=(0.4, 0.9), unlabeled=(0.5, 0.6))
    gains = gains_of(result, covered)
    expected = covered * gains.labeled.difference.mean + (1 - covered) * gains.unlabeled.difference.mean
    assert gains.expected.mean == pytest.approx(expected)


def test_one_kind_alone_stands_for_both():
    results = [outcome for outcome in outcomes((0.4, 0.9), (0.5, 0.6)) if outcome.kind == "unlabeled"]
    gains = gains_of(results, covered=1.0)
    assert gains.labeled is None
    assert gains.expected.mean == pytest.approx(gains.unlabeled.difference.mean)


def trials(harm):
    """The stronger, the more labeled products gain; ``harm`` is what a share of 0.6 costs the others."""
    found = []
    for part in range(4):
        for kind, slope in (("labeled", 0.8), ("unlabeled", -harm / 0.6)):
            after = {item: hits(0.4 + slope * item.share, part) for item in SETTINGS}
            found.append(Trial(kind, part, PRODUCTS, hits(0.4, part), after))
    return found


def test_the_strongest_harmless_setting_is_chosen():
    assert best_setting(trials(harm=0.0), 0.5, largest_share=1.0).share == 0.6
    assert best_setting(trials(harm=0.0), 0.5, largest_share=0.3).share == 0.3


def test_a_milder_setting_is_taken_where_the_strong_one_harms():
    gains, setting = _strongest_accepted(trials(harm=0.06), covered=0.5)
    assert gains.accepted
    assert setting.share < 0.6
    assert _strongest_accepted(trials(harm=0.06), covered=1.0)[1].share == 0.6


def test_nothing_is_accepted_where_every_setting_harms():
    gains, setting = _strongest_accepted(trials(harm=0.4), covered=0.3)
    assert not gains.accepted
    assert setting is None


@pytest.mark.parametrize(("products", "covered", "allowed"), [(8, 0.1, 0.1), (20, 0.25, 0.25), (40, 0.5, 0.5)])
def test_labels_of_few_products_move_the_others_little(products, covered, allowed):
    assert largest_share(products, covered) == pytest.approx(allowed, abs=0.02)


def test_labels_for_all_products_are_not_limited():
    assert largest_share(10, covered=1.0) == 1.0


def test_the_setting_stays_within_the_limit_even_if_a_stronger_one_seems_harmless():
    assert _strongest_accepted(trials(harm=0.0), covered=0.1)[1].share == 0.5
    assert _strongest_accepted(trials(harm=0.0), covered=1.0)[1].share == 0.6
