"""The light part of a photo is the product, and not the white around it in the catalog's picture."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from sosie.explaining.frames import product_in_query, without_margin
from support.explained import WHOLE, agreeing, points_at

QUERY, ITEM = points_at([(0.5, 0.5)], (400, 400)), points_at([(0.5, 0.5)], (200, 100))
HALVED = np.diag([0.5, 0.5, 1.0])


def with_margin(ground: tuple[int, ...] = (255, 252, 250), mode: str = "RGB") -> Image.Image:
    """A dark product from (100, 40) to (300, 160) in a picture of 400 × 200."""
    picture = Image.new(mode, (400, 200), ground)
    picture.paste((90, 60, 30), (100, 40, 300, 160))
    return picture


@pytest.mark.parametrize("picture", [with_margin(), with_margin((0, 0, 0, 0), "RGBA")])
def test_the_margin_is_what_is_white_or_clear(picture: Image.Image) -> None:
    assert without_margin(picture) == (100, 40, 300, 160)


@pytest.mark.parametrize("color", ["white", "gray"])
def test_a_picture_without_a_margin_is_kept_whole(color: str) -> None:
    assert without_margin(Image.new("RGB", (400, 200), color)) == (0, 0, 400, 200)


def test_the_product_lies_in_the_query_as_its_picture_does() -> None:
    agreement = replace(agreeing(1, 1), homography=HALVED)
    assert product_in_query(agreement, QUERY, ITEM, with_margin()) == (
        (0.0625, 0.025),
        (0.1875, 0.025),
        (0.1875, 0.1),
        (0.0625, 0.1),
    )


@pytest.mark.parametrize(
    ("picture", "mirrored"), [(None, False), (with_margin(), True), (with_margin((9, 9, 9)), False)]
)
def test_the_whole_frame_is_shown_where_the_product_cannot_be_located(picture: Image.Image, mirrored: bool) -> None:
    agreement = replace(agreeing(1, 1), homography=HALVED, mirrored=mirrored)
    assert product_in_query(agreement, QUERY, ITEM, picture) == WHOLE
