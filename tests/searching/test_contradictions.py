"""The number shown, the order, the verdict and the words never contradict each other, whatever the evidence says."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sosie.calibration.features import FEATURES
from sosie.calibration.model import (
    CONTESTED_FEATURE,
    CONTESTED_PROBABILITY,
    DIFFERING_FEATURE,
    Calibration,
    Logistic,
    Quality,
)
from sosie.codes.base import Code
from sosie.details.candidates import Geometry
from sosie.details.joining import FEATURES as DETAILS_FEATURES
from sosie.details.matching import Pairs
from sosie.details.verify import Agreement
from sosie.searching.answer import Answer, to_matches
from sosie.searching.evidence import Considered, Verified
from sosie.searching.judging import judge, order_of
from sosie.sheets.verdicts import verdict_in_words
from sosie.types import Hit, Record, SearchResult

SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
ANSWERS = 10_000
EVERY = (*FEATURES, *DETAILS_FEATURES, "learned", "familiar", "has_labels")
Dice = np.random.Generator


def draw_verified(dice: Dice) -> Verified | None:
    """Not compared, without agreement, or with some."""
    kind = dice.integers(4)
    if kind < 2:
        return None if kind else Verified("i", Geometry())
    inliers = int(dice.integers(6, 200))
    rows = np.arange(inliers)
    agreement = Agreement(
        inliers + int(dice.integers(0, 100)), Pairs(rows, rows, np.zeros(inliers, np.float32)), np.eye(3), SQUARE,
        SQUARE, float(dice.uniform()),
    )  # fmt: skip
    numbers = [float(dice.uniform(-1, 1)) if dice.integers(5) else np.nan for _ in range(3)]
    preferences = {f"p{n}": float(dice.uniform(-1, 1)) for n in range(15) if dice.integers(2)}
    differs, alike, covered = not dice.integers(3), float(dice.uniform()), float(dice.uniform())
    return Verified(
        "i",
        Geometry(agreement, int(dice.integers(0, inliers + 1)), *numbers, preferences, differs, alike, covered),
    )


def draw_considered(dice: Dice) -> Considered:
    """Up to 15 candidates, with or without details, learned evidence, codes and rivals."""
    size = int(dice.integers(0, 16))
    cosines = np.sort(np.round(dice.uniform(-1, 1, size), int(dice.integers(1, 6))))[::-1]
    hits = tuple(Hit(f"i{n}", float(cosine), Record(f"i{n}", f"p{n}", "x.jpg")) for n, cosine in enumerate(cosines))
    learned = {}
    if dice.integers(2):
        labels = dice.integers(0, 2, size).astype(np.float64)
        learned = {
            "learned": dice.uniform(-1, 1, size),
            "familiar": np.where(labels > 0, dice.normal(-5, 3, size), np.nan),
            "has_labels": labels,
        }
    verified = tuple(draw_verified(dice) for _ in hits) if dice.integers(3) else ()
    products = [hit.record.product_id for hit in hits]
    coded = products[: int(dice.integers(0, 4))] if not dice.integers(5) else []
    codes = {product: Code("4006381333931", "EAN-13", SQUARE) for product in coded}
    filtered_out = frozenset(product for product in products if product not in codes and not dice.integers(4))
    return Considered(hits, learned, verified, codes, filtered_out if dice.integers(2) else frozenset())


def draw_calibration(dice: Dice) -> Calibration | None:
    """Any that a fit could give: weights of any size and sign, thresholds as they are allowed."""
    if not dice.integers(8):
        return None
    names = tuple(name for name in EVERY if dice.integers(2))
    size = len(names)
    numbers = (dice.normal(0, 1, size), dice.uniform(0.05, 2, size), dice.normal(0, 3, size))
    center, scale, weights = (tuple(part.tolist()) for part in numbers)
    return Calibration(
        "f", "embedding@1", Logistic(names, center, scale, weights, float(dice.normal(0, 2))), precision=0.95,
        match_at=None if not dice.integers(4) else float(dice.choice([0.5, dice.uniform(0.5, 1)])),
        no_match_below=float(dice.choice([0.5, dice.uniform(0, 0.5)])), quality=Quality(0, 0, None, None, None, None),
        provisional=bool(dice.integers(2)),
    )  # fmt: skip


def said(answer: Answer) -> str:
    """The verdict in words."""
    matches = to_matches(answer.candidates, {})
    return verdict_in_words(SearchResult(matches, answer.verdict, "x", "e", answer.calibration, {}))


@pytest.fixture(scope="module")
def answers() -> list[tuple[Considered, Calibration | None, Answer]]:
    dice = np.random.default_rng(15)
    drawn = ((draw_considered(dice), draw_calibration(dice)) for _ in range(ANSWERS))
    return [(considered, calibration, judge(considered, calibration)) for considered, calibration in drawn]


def test_every_kind_of_answer_was_drawn(answers: list[tuple[Considered, Calibration | None, Answer]]) -> None:
    verdicts = [answer.verdict for *_, answer in answers]
    assert all(verdicts.count(verdict) > 300 for verdict in ("match", "similar", "no match", None))
    for feature in (CONTESTED_FEATURE, DIFFERING_FEATURE):
        assert sum(bool((considered.evidence.get(feature, np.zeros(1)) > 0).any()) for considered, *_ in answers) > 300
    assert sum(bool(considered.filtered_out) for considered, *_ in answers) > 300
    assert sum(bool(considered.learned) for considered, *_ in answers) > 300
    assert sum(len(considered.hits) == 1 for considered, *_ in answers) > 300


def test_the_order_is_that_of_the_number_shown(answers: list[tuple[Considered, Calibration | None, Answer]]) -> None:
    for considered, calibration, answer in answers:
        shown = [candidate.probability for candidate in answer.candidates]
        if calibration is None:
            expected = [considered.hits[row] for row in order_of(considered)]
            assert set(shown) <= {None}
            assert list(answer.hits) == [
                hit for hit in expected if hit.record.product_id not in considered.filtered_out
            ]
        else:
            numbers = [number for number in shown if number is not None]
            assert numbers == sorted(numbers, reverse=True)
            assert len(numbers) == len(shown)
            assert all(0.0 <= number <= 1.0 for number in numbers)
            assert sum(numbers) <= 1.0 + 0.0005 * len(numbers)


def test_the_verdict_follows_from_the_first_number(
    answers: list[tuple[Considered, Calibration | None, Answer]],
) -> None:
    for _considered, calibration, answer in answers:
        first = answer.probability
        assert (answer.verdict is None) == (calibration is None)
        if first is None:
            assert answer.verdict in (None, "no match")
        elif first < 0.5:
            assert answer.verdict in ("similar", "no match")
        else:
            assert answer.verdict in ("similar", "match")


def test_what_is_called_a_match_is_more_probable_than_what_is_not(
    answers: list[tuple[Considered, Calibration | None, Answer]],
) -> None:
    """By one calibration, a similar answer never shows a larger number than a match."""
    for considered, calibration, answer in answers:
        if calibration is None or considered.codes or answer.probability is None:
            continue
        if answer.verdict == "match":
            assert calibration.match_at is not None
            assert answer.probability >= calibration.match_at
        elif calibration.match_at is not None:
            assert answer.probability < calibration.match_at


def test_what_another_product_explains_alike_is_never_nearly_certain(
    answers: list[tuple[Considered, Calibration | None, Answer]],
) -> None:
    """Two that the photo resembles alike cannot both be the product, so neither shows more than such ones are right."""
    seen = 0
    for considered, calibration, answer in answers:
        contested = considered.evidence.get(CONTESTED_FEATURE)
        if calibration is None or considered.codes or contested is None:
            continue
        doubtful = {name for name, flag in zip(considered.products, contested, strict=True) if flag > 0.0}
        shown = [one.probability for one in answer.candidates if one.hit.record.product_id in doubtful]
        seen += sum(number == CONTESTED_PROBABILITY for number in shown)
        assert all(number is not None and number <= CONTESTED_PROBABILITY for number in shown)
    assert seen > 100


def test_a_print_that_differs_is_no_match_by_a_calibration_of_other_goods(
    answers: list[tuple[Considered, Calibration | None, Answer]],
) -> None:
    first_differs = 0
    for considered, calibration, answer in answers:
        differing = considered.evidence.get(DIFFERING_FEATURE)
        if calibration is None or not calibration.provisional or considered.codes or differing is None:
            continue
        unlike = {name for name, flag in zip(considered.products, differing, strict=True) if flag > 0.0}
        shown = [(one.hit.record.product_id in unlike, one.probability) for one in answer.candidates]
        assert all(number is not None and number <= CONTESTED_PROBABILITY for differs, number in shown if differs)
        if shown and shown[0][0]:
            first_differs += 1
            assert answer.verdict != "match"
    assert first_differs > 100


def test_words_say_the_verdict_and_its_number(answers: list[tuple[Considered, Calibration | None, Answer]]) -> None:
    for *_, answer in answers:
        words = said(answer)
        assert words.startswith(answer.verdict or "")
        number = re.search(r"\((\d+)%\)", words)
        if number is None:
            assert answer.probability is None
            continue
        percent = int(number[1])
        assert answer.probability is not None
        assert abs(percent / 100 - answer.probability) <= 0.01
        assert percent < 100
        assert (answer.verdict != "match") or percent >= 50
        assert (answer.verdict != "no match") or percent <= 49
