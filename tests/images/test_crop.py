import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sosie.errors import UsageError
from sosie.images.crop import Box, box_of, crop, parse_box
from support.pictures import draw_picture

PICTURE = draw_picture(9, (80, 60))


def test_pixels() -> None:
    part = crop(PICTURE, parse_box("10,20,30,25"))
    assert part.size == (30, 25)
    assert np.array_equal(np.asarray(part), np.asarray(PICTURE)[20:45, 10:40])


def test_a_crop_in_fractions_is_the_same_part_in_pixels() -> None:
    part = crop(PICTURE, parse_box(" 0.25, 0.5 ,0.5,0.5"))
    assert np.array_equal(np.asarray(part), np.asarray(PICTURE)[30:60, 20:60])


def test_a_fraction_that_means_a_whole_pixel_is_one_in_spite_of_rounding() -> None:
    picture = draw_picture(9, (100, 60))
    assert 0.29 * 100 < 29
    part = crop(picture, Box(0.29, 0, 0.5, 1))
    assert np.array_equal(np.asarray(part), np.asarray(picture)[:, 29:79])


def test_all_ones_are_the_whole_picture() -> None:
    whole = crop(PICTURE, parse_box("0,0,1,1"))
    assert np.array_equal(np.asarray(whole), np.asarray(PICTURE))
    assert whole is not PICTURE


def test_pixels_up_to_the_edge() -> None:
    assert crop(PICTURE, Box(0, 0, 80, 60)).size == (80, 60)
    assert crop(PICTURE, Box(0, 0, 2, 1)).size == (2, 1)


@given(
    st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_min=True), st.floats(0, 1, exclude_min=True),
)  # fmt: skip
def test_fractions_always_hold_a_pixel(x: float, y: float, width: float, height: float) -> None:
    part = crop(PICTURE, Box(x, y, min(width, 1 - x), min(height, 1 - y)))
    assert 1 <= part.width <= 80
    assert 1 <= part.height <= 60


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1;2;3;4", "1,2,,4"])
def test_a_malformed_crop_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected x,y,w,h"):
        parse_box(text)


@pytest.mark.parametrize(
    "numbers",
    [
        (-1, 0, 5, 5), (0, -0.1, 0.5, 0.5), (0, 0, 0, 5), (0, 0, 5, -5), (0, 0, 0.0, 0.5), (10.5, 0, 20, 20),
        (0.5, 0, 0.6, 1), (0, 0.9, 1, 0.2), (math.nan, 0, 1, 1), (0, 0, math.inf, 5),
    ],
)  # fmt: skip
def test_impossible_boxes(numbers: tuple[float, float, float, float]) -> None:
    with pytest.raises(UsageError, match="the crop"):
        Box(*numbers)


def test_a_box_can_be_given_as_text_or_as_numbers() -> None:
    half = Box(0.5, 0, 0.5, 1)
    assert box_of(half) == box_of("0.5,0,0.5,1") == box_of((0.5, 0, 0.5, 1)) == box_of([0.5, 0, 0.5, 1.0]) == half
    with pytest.raises(UsageError, match="expected x,y,w,h"):
        box_of((1, 2, 3))


@pytest.mark.parametrize("text", ["0,0,81,60", "79,0,2,1", "0,59,1,2", "100,100,5,5"])
def test_outside_the_picture(text: str) -> None:
    with pytest.raises(UsageError, match="outside the picture of 80 × 60 pixels") as caught:
        crop(PICTURE, parse_box(text))
    assert text in str(caught.value)


def test_a_large_part_does_not_warn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert crop(PICTURE, Box(1, 1, 70, 50)).size == (70, 50)
