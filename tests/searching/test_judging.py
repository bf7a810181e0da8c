"""The final order, the probabilities and the verdict, from evidence that is made up."""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from unittest.mock import Mock

import numpy as np
import pytest

from sosie.calibration.model import Calibration, Logistic, Quality
from sosie.calibration.shipped import SHIPPED
from sosie.codes.base import Code
from sosie.details import joining
from sosie.details.candidates import Geometry
from sosie.details.matching import Pairs
from sosie.details.verify import Agreement
from sosie.searching.evidence import FILTER_TRUST, Considered, Verified
from sosie.searching.judging import CODE_PROBABILITY, judge, order_of
from sosie.types import Hit, LooksEvidence, Record

SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def hits(*cosines: float) -> tuple[Hit, ...]:
    return tuple(Hit(f"i{row}", item, Record(f"i{row}", f"p{row}", "x.jpg")) for row, item in enumerate(cosines))


def agreeing(
    inliers: int, preference: float = np.nan, preferences: Mapping[str, float] = MappingProxyType({})
) -> Verified:
    rows = np.arange(inliers)
    pairs = Pairs(rows, rows, np.zeros(inliers, np.float32))
    agreement = Agreement(2 * inliers, pairs, np.eye(3), SQUARE, SQUARE, 0.8)
    return Verified("another view", Geometry(agreement, inliers, 0.9, 0.9, preference, preferences))


NOTHING = Verified("i", Geometry())
FAR = (-0.9,) * 9
"""Cosines of as many others as a calibration looks at."""


def logistic(**weights: float) -> Logistic:
    count = len(weights)
    return Logistic(tuple(weights), (0.0,) * count, (1.0,) * count, tuple(weights.values()), 0.0)


def calibration(**weights: float) -> Calibration:
    return Calibration(
        "f", "embedding@1", logistic(**weights), precision=0.95, match_at=0.6, no_match_below=0.4,
        quality=Quality(0, 0, None, None, None, None),
    )  # fmt: skip


def shipped_calibrations() -> list[Calibration]:
    return [Calibration.from_dict(one) for one in json.loads(SHIPPED.read_text(encoding="utf-8"))]


def test_without_details_the_order_of_looks_stands() -> None:
    considered = Considered(hits(0.9, 0.8, 0.7))
    assert order_of(considered) == [0, 1, 2]
    assert order_of(replace(considered, verified=(NOTHING,) * 3)) == [0, 1, 2]
    assert order_of(replace(considered, verified=(None, NOTHING, None))) == [0, 1, 2]


def test_a_product_whose_details_agree_goes_to_the_top() -> None:
    considered = Considered(hits(0.9, 0.8, 0.5, 0.4), {}, (NOTHING, None, agreeing(40), agreeing(12)))
    assert order_of(considered)[0] == 2
    few = Considered(hits(0.9, 0.5), {}, (NOTHING, agreeing(5)))
    assert order_of(few) == [0, 1]


@pytest.mark.parametrize("calibration", [one for one in shipped_calibrations() if one.knows_details])
def test_pictures_like_the_surroundings_do_not_hide_what_clearly_agrees(calibration: Calibration) -> None:
    considered = Considered(hits(*[0.75] * 10, 0.3), {}, (*[NOTHING] * 10, agreeing(20)))
    answer = judge(considered, calibration)
    assert answer.hits[0].item_id == "i10"
    assert (answer.candidates[0].probability or 0.0) > 0.5


def test_of_two_variants_the_one_that_the_photo_prefers_comes_first() -> None:
    considered = Considered(hits(0.70, 0.69), {}, (agreeing(40, -0.5), agreeing(40, 0.5)))
    assert order_of(considered) == [1, 0]


def test_a_calibrated_answer_is_in_the_order_of_the_number_shown() -> None:
    learned = {"familiar": np.array([-1.0, 2.0, 0.0])}
    answer = judge(Considered(hits(0.9, 0.8, 0.7), learned), calibration(familiar=1.0))
    assert [hit.item_id for hit in answer.hits] == ["i1", "i2", "i0"]
    shown = [candidate.probability for candidate in answer.candidates]
    assert shown == sorted(shown, reverse=True)
    plain = judge(Considered(hits(0.9, 0.8, 0.7), learned), None)
    assert [hit.item_id for hit in plain.hits] == ["i0", "i1", "i2"]


def test_equal_numbers_keep_the_order_of_scores() -> None:
    answer = judge(Considered(hits(0.9, 0.8, 0.7)), calibration(familiar=1.0))
    assert [hit.item_id for hit in answer.hits] == ["i0", "i1", "i2"]


def test_evidence_names_the_view_that_agreed_and_where() -> None:
    answer = judge(Considered(hits(0.6, 0.5), {}, (NOTHING, agreeing(30))), None)
    first, second = answer.candidates
    assert (first.hit.item_id, first.evidence.item_id, first.evidence.inliers) == ("i1", "another view", 30)
    assert first.evidence.query_polygon == SQUARE
    assert (second.evidence, first.probability, answer.verdict, answer.calibration) == (
        LooksEvidence(),
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("provisional", "verified", "verdict"),
    [
        (False, (NOTHING,), "match"),
        (True, (NOTHING,), "similar"),
        (True, (agreeing(30),), "match"),
        (True, (), "similar"),
    ],
)
def test_on_looks_alone_a_provisional_calibration_never_says_match(
    provisional: bool, verified: tuple[Verified, ...], verdict: str
) -> None:
    sure = replace(calibration(cosine=3.0), provisional=provisional)
    answer = judge(Considered(hits(0.9, *FAR), {}, (*verified, *[NOTHING] * len(FAR)) if verified else ()), sure)
    sureness = 1 / (1 + np.exp(-2.7)) if verdict == "match" else sure.match_at
    assert answer.probability == pytest.approx(sureness, abs=2e-3)
    assert (answer.verdict, answer.calibration) == (verdict, "provisional" if provisional else "own")


def test_what_the_catalog_hardly_has_is_no_match() -> None:
    unsure = calibration(cosine=3.0)
    assert judge(Considered(hits(-0.3)), unsure).verdict == "no match"
    assert judge(Considered(()), unsure).verdict == "no match"
    assert judge(Considered(()), None).verdict is None


def test_a_code_outweighs_everything_and_two_products_share_it() -> None:
    code = Code("4006381333931", "EAN-13", SQUARE)
    entry = Considered(hits(0.9, 0.2), {}, (agreeing(50), NOTHING), {"p1": code})
    answer = judge(entry, calibration(cosine=3.0))
    assert [candidate.hit.item_id for candidate in answer.candidates] == ["i1", "i0"]
    assert (answer.verdict, answer.probability) == ("match", CODE_PROBABILITY)
    assert answer.candidates[0].evidence.code == "4006381333931"
    assert sum(candidate.probability or 0 for candidate in answer.candidates) <= 1
    both = judge(replace(entry, codes={"p0": code, "p1": code}), calibration(cosine=3.0))
    assert both.verdict == "similar"
    assert {candidate.probability for candidate in both.candidates} == {CODE_PROBABILITY / 2}


def test_details_are_turned_into_evidence_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Mock(wraps=joining.geometry_features)
    monkeypatch.setattr(joining, "geometry_features", made)
    learned = {"familiar": np.array([-1.0, 2.0])}
    considered = Considered(hits(0.6, 0.5), learned, (NOTHING, agreeing(30)))
    assert judge(considered, calibration(cosine=3.0, familiar=1.0, agreement=1.0)).probability is not None
    assert made.call_count == 1


def test_rivals_are_not_in_the_answer_and_take_what_is_theirs() -> None:
    free = judge(Considered(hits(0.9, 0.5, *FAR)), calibration(margin=5.0))
    narrowed = judge(Considered(hits(0.9, 0.5, *FAR), filtered_out=frozenset({"p0"})), calibration(margin=5.0))
    assert [hit.item_id for hit in narrowed.hits] == [f"i{row}" for row in range(1, 11)]
    assert (free.verdict, narrowed.verdict) == ("match", "no match")


def test_a_product_outside_of_the_filter_is_an_unlikely_rival() -> None:
    near = Considered(hits(0.9, 0.8, *FAR), filtered_out=frozenset({"p1"}))
    lonely, contested = (
        judge(one, calibration(margin=5.0)).probability for one in (near, replace(near, filtered_out=frozenset()))
    )
    assert lonely == pytest.approx(1 / (1 + np.exp(-5 * (0.1 + FILTER_TRUST))), abs=5e-4)
    assert contested == pytest.approx(1 / (1 + np.exp(-5 * 0.1)), abs=5e-4)


@pytest.mark.parametrize("provisional", [False, True])
@pytest.mark.parametrize(
    ("inliers", "preferred", "verdict"),
    [(40, 0.5, "match"), (40, 0.05, "similar"), (40, None, "similar"), (10, None, "match"), (0, None, "match")],
)
def test_nothing_is_a_match_where_another_product_explains_the_photo_alike(
    inliers: int, preferred: float | None, verdict: str, provisional: bool
) -> None:
    first = agreeing(60, preferences={} if preferred is None else {"p1": preferred})
    second = agreeing(inliers) if inliers else NOTHING
    sure = replace(calibration(cosine=3.0), provisional=provisional)
    answer = judge(Considered(hits(0.9, 0.8), {}, (first, second)), sure)
    assert answer.verdict == verdict
    assert ((answer.probability or 0.0) >= (sure.match_at or 1.0)) == (verdict == "match")


def test_without_a_product_the_evidence_of_others_forgets_it() -> None:
    considered = Considered(hits(0.9, 0.8, 0.7), {}, (agreeing(40, 0.5), agreeing(30, -0.5), NOTHING))
    left = considered.without("p0")
    [first, second] = left.verified
    assert first is not None
    assert np.isnan(first.geometry.preference)
    assert (first.geometry.distinct, first.item_id) == (30, "another view")
    assert second is not None
    assert second.geometry.agreement is None
    assert considered.without("p2").verified == considered.verified[:2]
