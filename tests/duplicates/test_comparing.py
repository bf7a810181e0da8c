"""Edited copies agree cell by cell; other pictures do not, however similar."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from sosie.details.extract import extract
from sosie.details.matching import match
from sosie.duplicates.describing import describe_likeness, likeness
from sosie.duplicates.looks import THUMBNAIL_DETAILS, prepare_picture
from sosie.duplicates.pairs import find_copy_overlay
from sosie.duplicates.records import Likeness
from sosie.duplicates.signature import near_pairs, signature
from support.edits import EDITS, small
from support.textures import draw_print

EXPECTED = {
    "turned 90": (("turned",), 90),
    "turned 180": (("turned",), 180),
    "turned 270": (("turned",), 270),
    "mirrored": (("mirrored",), 0),
    "cropped": (("cropped",), 0),
    "recoloured": (("recoloured",), 0),
    "covered": (("covered",), 0),
    "bordered": (("cropped",), 0),
    "turned 90, mirrored, cropped": (("turned", "mirrored", "cropped"), 90),
}


def likeness_of(first: Image.Image, second: Image.Image) -> Likeness | None:
    copy_overlay = find_copy_overlay(prepare_picture(small(first)), prepare_picture(small(second)))
    return None if copy_overlay is None else likeness("a", "b", copy_overlay)


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_is_recognized_and_its_edits_are_named(name: str) -> None:
    picture = draw_print(3)
    evidence = likeness_of(picture, EDITS[name](picture))
    assert evidence is not None
    assert (evidence.edits, evidence.turned) == EXPECTED.get(name, ((), 0)), describe_likeness(evidence)


def test_the_box_of_a_badge_is_reported() -> None:
    picture = draw_print(4)
    evidence = likeness_of(picture, EDITS["covered"](picture))
    assert evidence is not None
    assert evidence.differs is not None
    left, upper, right, lower = evidence.differs
    assert left == upper == 0
    assert 0.3 <= right <= 0.45
    assert 0.3 <= lower <= 0.45


def test_prints_on_one_layout_are_no_copies() -> None:
    first, second = (Image.new("RGB", (300, 300), "white") for _ in range(2))
    for picture, seeds in ((first, (1, 2)), (second, (1, 3))):
        for place, seed in zip(((40, 20), (40, 160)), seeds, strict=True):
            picture.paste(draw_print(seed, 120), place)
            ImageDraw.Draw(picture).text((180, 140), "BRAND", fill="black", font_size=30)
    assert likeness_of(first, second) is None


@pytest.mark.parametrize("seed", range(5))
def test_other_pictures_are_no_copies(seed: int) -> None:
    assert likeness_of(draw_print(seed), draw_print(seed + 50)) is None


def test_plain_pictures_have_nothing_to_compare() -> None:
    white = Image.new("RGB", (200, 200), "white")
    assert likeness_of(white, white) is None


def test_mirrored_details_are_those_of_the_mirrored_picture() -> None:
    picture = small(draw_print(5))
    details = extract(picture, THUMBNAIL_DETAILS).mirrored()
    real = extract(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), THUMBNAIL_DETAILS)
    pairs = match(details.descriptors, real.descriptors)
    assert len(pairs) > 0.8 * len(real)
    apart = np.linalg.norm(details.points[pairs.query] - real.points[pairs.item], axis=1)
    turned = (details.angles[pairs.query] - real.angles[pairs.item] + 180) % 360 - 180
    assert np.median(apart) < 1.5
    assert np.median(np.abs(turned)) < 5


@pytest.mark.parametrize("name", ["turned 90", "turned 180", "turned 270", "mirrored"])
def test_turns_do_not_change_a_signature(name: str) -> None:
    square = np.asarray(draw_print(6, 160))
    other = np.asarray(EDITS[name](Image.fromarray(square)))
    assert signature(square) @ signature(other) > 0.999
    assert signature(square) @ signature(np.asarray(draw_print(7, 160))) < 0.95


def test_near_pairs_finds_what_all_against_all_finds() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 16))
    rows[150:] = rows[:150] + 0.05 * rng.normal(size=(150, 16))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    expected = {(int(i), int(j)) for i, j in np.argwhere(np.triu(vectors @ vectors.T >= 0.95, 1))}
    pairs = set(near_pairs(vectors, 5, 0.95))
    assert len(expected) >= 150
    assert pairs <= expected
    assert len(pairs) >= 0.97 * len(expected)
