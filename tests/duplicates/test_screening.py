"""Sketches keep every edited copy, and drop nearly all pairs of other pictures without reading them again."""

from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from sosie.details.kept import extract_stored_details, unpack_details
from sosie.duplicates.alignment import _whole
from sosie.duplicates.looks import coarse_of, prepare_picture, square_of
from sosie.duplicates.screening import (
    ORIENTATIONS,
    SIDE,
    Sketch,
    _points_alike,
    correlations,
    may_correlate,
    may_share_details,
    sketch_pictures,
)
from sosie.stores.voting import MOST_BITS
from support.edits import EDITS, small
from support.textures import draw_print


def sketch_of(picture: Image.Image, with_details: bool = True) -> Sketch:
    details = unpack_details(extract_stored_details(picture).sealed) if with_details else None
    [sketch] = sketch_pictures([coarse_of(square_of(small(picture)))], [details])
    return sketch


def may_be_copies(first: Sketch, second: Sketch) -> bool:
    return bool(may_share_details(first, [second]) or may_correlate(first, [second]))


@pytest.fixture(scope="module")
def print_sketch() -> Sketch:
    return sketch_of(draw_print(3))


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_passes_in_both_orders(name: str, print_sketch: Sketch) -> None:
    edited = sketch_of(EDITS[name](draw_print(3)))
    for pair in ((print_sketch, edited), (edited, print_sketch)):
        assert may_be_copies(*pair)
    if "cropped" in name:
        assert may_share_details(print_sketch, [edited])
    elif name not in ("bordered", "recoloured"):
        assert may_correlate(print_sketch, [edited])


def test_few_pairs_of_other_pictures_pass() -> None:
    sketches = [sketch_of(draw_print(seed)) for seed in range(10)]
    pairs = list(combinations(sketches, 2))
    assert sum(may_be_copies(*pair) for pair in pairs) <= len(pairs) // 5


def test_without_details_nothing_is_said_about_them(print_sketch: Sketch) -> None:
    without = sketch_of(draw_print(4), with_details=False)
    assert may_share_details(print_sketch, [without])
    assert may_share_details(without, [print_sketch])
    assert not may_correlate(print_sketch, [without])


def test_pictures_are_screened_together_as_one_by_one(print_sketch: Sketch) -> None:
    edits = list(EDITS.values())
    others = [sketch_of(edits[seed % len(edits)](draw_print(seed % 6)), with_details=seed != 5) for seed in range(12)]
    for screen in (may_share_details, may_correlate):
        alone = [bool(screen(print_sketch, [other])) for other in others]
        assert screen(print_sketch, others).tolist() == alone
        assert set(alone) == {True, False}


def test_points_alike_are_those_of_all_pairs_of_points(print_sketch: Sketch) -> None:
    words, edited = print_sketch.words, sketch_of(EDITS["cropped"](draw_print(3))).words
    assert words is not None
    assert edited is not None
    same_word = words.words[:, np.newaxis] == edited.words
    bits = np.array([[bin(int(a) ^ int(b)).count("1") for b in edited.signatures] for a in words.signatures])
    alike = (same_word & (bits <= MOST_BITS)).any(axis=1).sum()
    assert _points_alike(words, [edited, words]).tolist() == [alike, len(words)]
    assert 0 < alike < len(words)


def test_pictures_are_sketched_together_as_one_by_one() -> None:
    pictures = [small(draw_print(seed)) for seed in range(3)]
    coarses = [coarse_of(square_of(picture)) for picture in pictures]
    details = [unpack_details(extract_stored_details(pictures[0]).sealed), None, None]
    together = sketch_pictures(coarses, details)
    for sketch, coarse, each in zip(together, coarses, details, strict=True):
        [alone] = sketch_pictures([coarse], [each])
        assert np.array_equal(sketch.coarse, alone.coarse)
        assert sketch.length == alone.length
        for words, same in ((sketch.words, alone.words), (sketch.mirrored, alone.mirrored)):
            assert (words is None) == (same is None)
            assert words is None or same is None or np.array_equal(words.words, same.words)
    assert together[0].words is not None
    assert together[1].words is None


def test_orientations_are_those_of_the_maps() -> None:
    picture = draw_print(5)
    first = prepare_picture(small(picture))
    for number, places in enumerate(ORIENTATIONS):
        turned = np.argsort(places)
        coarse = first.coarse.ravel()[turned].reshape(SIDE, SIDE)
        assert int(correlations(first.coarse, coarse).argmax()) == number
    corners = {Image.Transpose.ROTATE_90: (1, 0), Image.Transpose.ROTATE_270: (0, 1), Image.Transpose.TRANSPOSE: (0, 0)}
    for turn, corner in corners.items():
        [placement, *_] = _whole(first, prepare_picture(small(picture.transpose(turn))))
        assert tuple(np.round((placement @ np.array([0, 0, 1]))[:2])) == corner
