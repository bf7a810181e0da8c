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
    correlations,
    may_correlate,
    may_share_details,
    sketch,
)
from support.edits import EDITS, small
from support.textures import draw_print


def sketch_of(picture: Image.Image, with_details: bool = True) -> Sketch:
    details = unpack_details(extract_stored_details(picture).sealed) if with_details else None
    return sketch(coarse_of(square_of(small(picture))), details)


@pytest.fixture(scope="module")
def print_sketch() -> Sketch:
    return sketch_of(draw_print(3))


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_passes_in_both_orders(name: str, print_sketch: Sketch) -> None:
    edited = sketch_of(EDITS[name](draw_print(3)))
    for pair in ((print_sketch, edited), (edited, print_sketch)):
        assert may_share_details(*pair) or may_correlate(*pair)
    if "cropped" in name:
        assert may_share_details(print_sketch, edited)
    elif name not in ("bordered", "recoloured"):
        assert may_correlate(print_sketch, edited)


def test_few_pairs_of_other_pictures_pass() -> None:
    sketches = [sketch_of(draw_print(seed)) for seed in range(10)]
    pairs = list(combinations(sketches, 2))
    assert sum(may_share_details(*pair) or may_correlate(*pair) for pair in pairs) <= len(pairs) // 5


def test_without_details_nothing_is_said_about_them(print_sketch: Sketch) -> None:
    without = sketch_of(draw_print(4), with_details=False)
    assert may_share_details(print_sketch, without)
    assert may_share_details(without, print_sketch)
    assert not may_correlate(print_sketch, without)


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
