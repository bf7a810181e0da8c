"""Probabilities mean what they say, verdicts keep the wished precision, and nothing leaks."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.adaptation.labeled import Labeled
from sosie.adaptation.trials import AdaptationSetting
from sosie.calibration import fitting
from sosie.calibration.features import FEATURES, answers_of, confidence_features
from sosie.calibration.fitting import UNKNOWN_SHARE, Sample, calibrate, fit_logistic
from sosie.calibration.model import CONTESTED_PROBABILITY, MAX_PROBABILITY, Calibration, largest_probability, may_match
from sosie.calibration.sampling import LATER_SHARE, sample_of, sample_of_adapted
from sosie.errors import StoreDamaged, UsageError
from support.worlds import make_world

scores = st.lists(st.floats(-1, 1), max_size=12).map(lambda found: sorted(found, reverse=True))


def simulated(size=4000, seed=0):
    """Answers whose first product is right with a probability that the evidence knows."""
    rng = np.random.default_rng(seed)
    evidence = {name: rng.normal(size=size) for name in FEATURES}
    chance = 1 / (1 + np.exp(-(2 * evidence["joined_margin"] - evidence["joined_vote"] + 0.5)))
    right = rng.random(size) < chance
    products = np.array([f"product{number % 50}" for number in range(size)])
    return Sample(evidence, right, np.ones(size, np.bool_), products, products, np.ones(size), np.arange(size)), chance


@pytest.fixture(scope="module")
def calibration():
    return calibrate(simulated()[0], "fingerprint", "embedding@1", precision=0.9)


def test_the_true_coefficients_are_found():
    sample, chance = simulated()
    assert np.abs(fit_logistic(sample).probability(sample.evidence) - chance).mean() < 0.015


def test_its_figures_come_out_on_queries_it_never_saw(calibration):
    sample, _chance = simulated(seed=1)
    probability = calibration.model.probability(sample.evidence)
    matched = probability >= calibration.match_at
    assert calibration.quality.error < 0.03
    assert sample.right[matched].mean() == pytest.approx(0.9, abs=0.03)
    assert (probability[sample.right] < calibration.no_match_below).mean() == pytest.approx(0.05, abs=0.02)
    assert calibration.quality.error <= calibration.quality.error_bound < 0.05


@given(scores)
def test_probabilities_of_one_answer_are_probabilities_and_share_one(found):
    calibration = calibrate(simulated(600)[0], "f", "v")
    probabilities = calibration.same_product(confidence_features(found))
    assert len(probabilities) == len(found)
    assert all(0.0 <= item <= 1.0 for item in probabilities)
    assert sum(probabilities) <= 1.0 + 1e-9


def test_verdicts_change_exactly_at_the_thresholds(calibration):
    match_at, no_match_below = calibration.match_at, calibration.no_match_below
    assert no_match_below <= 0.5 <= match_at
    assert calibration.verdict(match_at) == "match"
    assert calibration.verdict(np.nextafter(match_at, 0.0)) == "similar"
    assert calibration.verdict(no_match_below) == "similar"
    assert calibration.verdict(np.nextafter(no_match_below, 0.0)) == "no match"


@pytest.mark.parametrize(("match_at", "no_match_below"), [(0.4, 0.1), (0.6, 0.55)])
def test_thresholds_that_would_contradict_the_number_shown_are_refused(calibration, match_at, no_match_below):
    with pytest.raises(ValueError, match=r"expected at most 0.5.*expected None or at least 0.5"):
        replace(calibration, match_at=match_at, no_match_below=no_match_below)


def test_where_no_match_is_called_the_number_stays_below_one(calibration):
    sure = confidence_features([0.99, -0.9])
    agreeing = confidence_features([0.99, -0.9], {"agreement": [3.0, 0.0]})
    assert calibration.verdict(calibration.same_product(sure)[0]) == "match"
    provisional = replace(calibration, provisional=True)
    shown = provisional.same_product(sure)[0]
    assert provisional.verdict(shown) == "similar"
    assert shown == pytest.approx(calibration.match_at, abs=2e-3)
    assert provisional.verdict(provisional.same_product(agreeing)[0]) == "match"
    never = replace(calibration, match_at=None)
    assert never.same_product(sure)[0] == pytest.approx(never.precision, abs=2e-3)
    assert never.verdict(never.same_product(sure)[0]) == "similar"


def test_it_belongs_to_one_embedder_and_generation(calibration):
    assert calibration.fits("fingerprint", "embedding@1")
    assert not calibration.fits("fingerprint", "embedding@2")
    assert not calibration.fits("another", "embedding@1")


def test_a_calibration_read_back_from_json_is_the_same(calibration):
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration


@pytest.mark.parametrize("data", [{}, {"model": 3}, {"model": {}, "quality": {}}])
def test_what_is_no_calibration_is_called_damaged(data):
    with pytest.raises(StoreDamaged, match="calibrate again"):
        Calibration.from_dict(data)


def test_evidence_that_is_missing_says_nothing(calibration):
    model = calibration.model
    full = {name: np.array([value]) for name, value in zip(model.features, model.center, strict=True)}
    without = {name: np.array([np.nan]) if name == "joined_vote" else value for name, value in full.items()}
    assert calibration.model.probability(without) == pytest.approx(calibration.model.probability(full))


def test_evidence_by_hand_and_from_a_matrix_agree():
    similarities = np.array([[0.9, 0.2, 0.8, 0.5]], dtype=np.float32)
    answers = answers_of(similarities, np.array(["a", "a", "b", "c"]))
    by_hand = confidence_features([float(similarities[0, place]) for place in (0, 2, 3)])
    assert answers.first.tolist() == ["a"]
    for name in FEATURES:
        assert answers.evidence[name][0] == pytest.approx(by_hand[name][0], nan_ok=True)


def test_the_learned_cosine_is_that_of_the_first_picture():
    similarities = np.array([[0.3, 0.9, 0.8]], dtype=np.float32)
    learned = np.array([[0.7, 0.6, 0.5]], dtype=np.float32)
    answers = answers_of(similarities, np.array(["a", "a", "b"]), further={"learned": learned})
    assert answers.evidence["learned"][0] == pytest.approx(0.6)


def test_a_catalog_that_learned_nothing_is_calibrated_without_the_learned_cosine():
    world = make_world()
    labeled = Labeled.of(world.photos, world.products, world.gallery, world.gallery_products)
    assert "learned" not in fit_logistic(sample_of(labeled)).features
    assert "learned" in fit_logistic(sample_of_adapted(labeled, AdaptationSetting(0.4, 0.5))).features


def test_a_query_is_judged_by_a_fit_that_knew_no_query_of_its_product(monkeypatch):
    fitted = []

    def spy(sample, *prior):
        fitted.append(set(sample.products))
        return fit_logistic(sample, *prior)

    monkeypatch.setattr(fitting, "fit_logistic", spy)
    sample, _chance = simulated(600)
    calibrate(sample, "f", "v")
    *held_out, left_out_in_the_end = (set(sample.products) - products for products in fitted)
    assert not left_out_in_the_end
    assert sum(map(len, held_out)) == len(set.union(*held_out)) == 50


def test_a_product_left_out_is_no_answer():
    similarities = np.array([[0.9, 0.8, 0.5]], dtype=np.float32)
    answers = answers_of(similarities, np.array(["a", "b", "c"]), without=np.array(["a"]))
    assert answers.first.tolist() == ["b"]
    assert answers.evidence["margin"][0] == pytest.approx(0.3, abs=1e-6)


def test_too_few_answers_and_bad_precisions_are_refused():
    sample, _chance = simulated(600)
    with pytest.raises(UsageError, match="give more labeled queries"):
        calibrate(sample.where(np.arange(600) < 20), "f", "v")
    with pytest.raises(UsageError, match="between 0 and 1"):
        calibrate(sample, "f", "v", precision=95)


def test_unknown_products_are_simulated_and_never_right():
    world = make_world()
    labeled = Labeled.of(world.photos, world.products, world.gallery, world.gallery_products)
    labeled_twice = 1 + (1 - UNKNOWN_SHARE) * (1 - LATER_SHARE)
    samples = {
        UNKNOWN_SHARE: sample_of(labeled),
        UNKNOWN_SHARE / labeled_twice: sample_of_adapted(labeled, AdaptationSetting(0.4, 0.5)),
    }
    for share, sample in samples.items():
        assert not sample.right[~sample.in_catalog].any()
        assert sample.weights[~sample.in_catalog].sum() / sample.weights.sum() == pytest.approx(share, abs=0.005)
        assert calibrate(sample, "f", "v").quality.known_auroc > 0.5


def with_feature(values, size=1000):
    sample, _chance = simulated(size)
    return replace(sample, evidence={**sample.evidence, "inliers": values})


def test_a_feature_that_few_answers_have_or_that_never_varies_is_left_out():
    few = np.full(1000, np.nan)
    few[:19] = np.arange(19)
    for values in (np.full(1000, np.nan), few, np.full(1000, 3.0), np.where(np.arange(1000) < 500, 3.0, np.nan)):
        assert "inliers" not in fit_logistic(with_feature(values)).features


def test_a_feature_that_a_few_answers_have_teaches_and_leaves_the_others_alone():
    sample, _chance = simulated(1000)
    seen = np.arange(1000) < 100
    output = with_feature(np.where(seen, sample.right * 5.0, np.nan))
    model, blind = fit_logistic(output), fit_logistic(sample)
    probability = model.probability(output.evidence)
    assert (
        probability[seen & sample.right].mean() > blind.probability(sample.evidence)[seen & sample.right].mean() + 0.1
    )
    without = {**sample.evidence, "inliers": np.full(1000, np.nan)}
    assert np.array_equal(model.probability(without), model.probability(sample.evidence))
    assert not np.isnan(probability).any()


def test_an_endless_feature_says_no_more_than_the_largest_that_was_seen(calibration):
    usual = {name: np.full(3, calibration.model.center[place]) for place, name in enumerate(calibration.model.features)}
    far = calibration.model.center[0] + np.array([4.0, 1e6, np.inf]) * calibration.model.scale[0]
    first, second, third = calibration.model.probability({**usual, calibration.model.features[0]: far})
    assert first == pytest.approx(second)
    assert second == third


def test_a_later_candidate_may_be_the_more_probable_one():
    sample, _chance = simulated(2000)
    report = replace(sample, evidence={**sample.evidence, "inliers": np.where(sample.right, 3.0, 0.0)})
    calibration = calibrate(report, "f", "v")
    further = {"inliers": [2.5, 3.0]}
    alone = calibration.model.probability(confidence_features([0.5, 0.49], further))
    first, second = calibration.same_product(confidence_features([0.5, 0.49], further))
    assert alone[0] + alone[1] > 1.0
    assert second == pytest.approx(min(alone[1], MAX_PROBABILITY), abs=5e-4)
    assert second > first
    assert first + second == pytest.approx(1.0)


def test_products_that_the_catalog_lacks_lower_the_one_probability(calibration):
    sample, _chance = simulated(2000)
    existing = np.arange(2000) % 2 == 0
    familiar = np.where(existing, 1.0, -1.0) + np.random.default_rng(3).normal(size=2000)
    evidence = {**sample.evidence, "familiar": familiar}
    result = calibrate(replace(sample, in_catalog=existing, right=sample.right & existing, evidence=evidence), "f", "v")
    usual, strange = (result.model.probability(confidence_features([0.5], {"familiar": [x]}))[0] for x in (3.0, -3.0))
    assert usual > 0.5 > 0.1 > strange
    assert result.quality.known_auroc > 0.8
    assert result.quality.absent_matched <= fitting.ABSENT_MATCHED


def test_calibrations_of_earlier_versions_open_and_cannot_contradict_their_number(calibration):
    stored = calibration.to_dict()
    earlier = {**stored, "known": stored["model"], "unknown_below": 0.58, "match_at": 0.19, "no_match_below": 0.7}
    del earlier["orders_candidates"]
    earlier["quality"] = {key: stored["quality"][key] for key in list(stored["quality"])[:6]}
    opened = Calibration.from_dict(json.loads(json.dumps(earlier)))
    assert (opened.match_at, opened.no_match_below) == (0.5, 0.5)
    assert opened.model == calibration.model
    assert not opened.orders_candidates
    without = {key: value for key, value in earlier.items() if key != "no_match_below"}
    assert Calibration.from_dict(without).no_match_below == pytest.approx(0.1)


@pytest.mark.parametrize("photos", [4, 20, 100, 2000])
def test_beside_a_prior_few_queries_change_little_and_many_replace_it(calibration, photos):
    truth, _chance = simulated(photos, seed=5)
    opposite = replace(truth, evidence={name: -values for name, values in truth.evidence.items()})
    taught = calibrate(opposite, "f", "v", prior=calibration).model
    place = taught.features.index("joined_margin")
    before, after = calibration.model.weights[place], taught.weights[place]
    assert taught.features == calibration.model.features
    assert after < before
    assert after > 0.7 * before or photos > 4
    assert after < 0 or photos < 2000


@given(scores, st.floats(0.5, 1.0), st.floats(0.0, 0.5), st.booleans())
def test_verdict_and_number_never_contradict(calibration, found, match_at, no_match_below, provisional):
    drawn = replace(calibration, match_at=match_at, no_match_below=no_match_below, provisional=provisional)
    for number in drawn.same_product(confidence_features(found)):
        verdict = drawn.verdict(number)
        assert verdict != "match" or number >= 0.5
        assert verdict != "no match" or number < 0.5


@pytest.mark.parametrize("products", [0, 1, 4])
def test_photos_of_too_few_products_are_refused_with_what_is_missing(products):
    world = make_world()
    names = np.where(np.isin(world.products, world.gallery_products[:products]), world.products, "foreign")
    labeled = Labeled.of(world.photos, names.tolist(), world.gallery, world.gallery_products)
    for sampled in (sample_of, lambda one: sample_of_adapted(one, AdaptationSetting(0.4, 0.5))):
        with pytest.raises(UsageError, match=f"{12 * products} labeled photos of {products} product") as refused:
            sampled(labeled)
        assert f"{480 - 12 * products} of products that it does not have" in str(refused.value)


def test_one_photo_a_product_still_teaches():
    world = make_world()
    first = np.arange(len(world.products)) % 12 == 0
    labeled = Labeled.of(world.photos, world.products, world.gallery, world.gallery_products).where(first)
    sample = sample_of_adapted(labeled, AdaptationSetting(0.4, 0.5))
    assert len(sample) == 2 * first.sum()
    assert sample.in_catalog.sum() == first.sum()


def test_beside_a_prior_even_answers_that_are_all_wrong_teach(calibration):
    sample, _chance = simulated(10)
    taught = calibrate(replace(sample, right=np.zeros(10, np.bool_)), "f", "v", prior=calibration)
    assert calibration.match_at < taught.match_at <= MAX_PROBABILITY
    assert taught.model.bias < calibration.model.bias
    with pytest.raises(UsageError, match="too few to calibrate"):
        calibrate(replace(sample, right=np.zeros(10, np.bool_)), "f", "v")


@pytest.mark.parametrize(
    ("prior_match_at", "answers", "match_at"),
    [(MAX_PROBABILITY, 10, MAX_PROBABILITY), (MAX_PROBABILITY, 1000, None), (None, 10, None)],
)
def test_a_few_photos_do_not_end_the_matches_of_a_cautious_prior(calibration, prior_match_at, answers, match_at):
    prior = replace(calibration, match_at=prior_match_at)
    assert fitting._shrunk_match_at(None, prior, prior.precision, answers) == match_at


@pytest.mark.parametrize(("precision", "moved"), [(0.99, 1), (0.8, -1)])
def test_the_prior_s_threshold_moves_with_the_wished_precision(calibration, precision, moved):
    sample, _chance = simulated(6)
    usual = calibrate(sample, "f", "v", precision=0.9, prior=calibration).match_at
    other = calibrate(sample, "f", "v", precision=precision, prior=calibration).match_at
    assert (other if other is not None else 1.0) * moved > usual * moved


def test_a_provisional_calibration_is_stricter_on_absent_products_and_never_matches_by_looks():
    sample, _chance = simulated(4000)
    known = np.arange(4000) % 3 > 0
    agreement = np.where(np.random.default_rng(7).random(4000) < 0.8, 3.0, 0.0)
    told = replace(
        sample, in_catalog=known, right=sample.right & known, evidence={**sample.evidence, "agreement": agreement}
    )
    own, provisional = (calibrate(told, "f", "v", provisional=one) for one in (False, True))
    assert provisional.match_at is None or own.match_at is None or provisional.match_at >= own.match_at
    blind = calibrate(replace(told, evidence=sample.evidence), "f", "v", provisional=True)
    assert blind.match_at is None


@pytest.mark.parametrize(
    ("siblings", "wrong", "provisional", "match_at"),
    [(1, 0, False, 0.97), (4, 0, False, 0.97), (4, 0, True, None), (4, 20, False, None), (10, 0, False, None)],
)
def test_where_absent_products_resemble_others_a_match_must_be_right_more_often(siblings, wrong, provisional, match_at):
    """1,000 queries, of which 400 have an answer at 0.97, and 100 for absent products, some of them at 0.97, too."""
    in_catalog = np.arange(1100) < 1000
    probability = np.where(np.arange(1100) < 400, 0.97, 0.6)
    probability[1000 : 1000 + siblings] = 0.97
    right = in_catalog & (np.arange(1100) >= wrong) & ((probability > 0.9) | (np.arange(1100) % 2 == 0))
    names = np.array(["product"] * 1100)
    weights = np.where(in_catalog, 1.0, 0.5)
    sample = Sample({"agreement": np.ones(1100)}, right, in_catalog, names, names, weights, np.arange(1100))
    assert fitting._match_at(probability, sample, 0.95, provisional) == match_at


def test_a_print_that_differs_is_no_match_unless_the_calibration_is_the_shops_own():
    evidence = {"agreement": np.full(2, 4.0), "differing": np.array([0.0, 1.0])}
    assert may_match(evidence, provisional=True).tolist() == [True, False]
    assert may_match(evidence, provisional=False).tolist() == [True, True]
    assert largest_probability(evidence, provisional=True).tolist() == [MAX_PROBABILITY, CONTESTED_PROBABILITY]
    assert largest_probability(evidence, provisional=False).tolist() == [MAX_PROBABILITY] * 2
