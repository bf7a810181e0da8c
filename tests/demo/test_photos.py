from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from sosie.demo import photos
from sosie.demo.canvas import Pose
from sosie.demo.photos import HEIGHT, WIDTH, PhotoConditions, customer_photo, draw_customer_photos
from sosie.demo.products import PRODUCTS
from sosie.demo.surfaces import SURFACES
from support.pictures import mean_difference
from support.shop import Shop


def test_there_are_photos_of_listed_products_and_of_two_unlisted_ones(shop: Shop):
    ids = [row["product_id"] for row in shop.photos]
    listed = [product_id for product_id in ids if product_id]
    assert len(listed) >= 12
    assert ids.count("") == 2
    assert set(listed) <= {row["product_id"] for row in shop.catalog}
    assert len(set(listed)) == len(listed)


def test_photos_decode_and_are_upright_once_turned(shop: Shop):
    orientations = set()
    for row in shop.photos:
        with Image.open(shop.folder / row["image"]) as photo:
            orientations.add(photo.getexif().get(0x0112, 1))
            assert ImageOps.exif_transpose(photo).size == (WIDTH, HEIGHT)
    assert orientations == {1, 8}


def test_a_sideways_photo_shows_the_same_as_an_upright_one(shop: Shop):
    for row in shop.photos:
        with Image.open(shop.folder / row["image"]) as photo:
            if photo.getexif().get(0x0112) == 8:
                upright = ImageOps.exif_transpose(photo).resize((9, 12))
                lamp, board = np.asarray(upright)[1].mean(0), np.asarray(upright)[-1].mean(0)
                assert lamp[2] > board[2] + 20


def small(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return ImageOps.exif_transpose(picture).resize((64, 64))


def test_photos_differ_from_every_picture_of_their_product(shop: Shop):
    for row in shop.photos:
        photo = small(shop.folder / row["image"])
        for item in shop.catalog:
            if item["product_id"] == row["product_id"]:
                assert mean_difference(photo, small(shop.folder / item["image"])) > 20


@pytest.mark.parametrize("surface", SURFACES)
def test_surfaces_fill_the_picture_and_have_texture(surface):
    picture = SURFACES[surface](90, 120, np.random.default_rng(3))
    assert (picture.mode, picture.size) == ("RGB", (90, 120))
    assert np.asarray(picture).std(axis=(0, 1)).min() > 2


def test_the_same_seed_gives_the_same_photo_and_another_gives_another():
    shot = PhotoConditions(PRODUCTS[0].product_id, "stone", Pose(), warmth=0.5)
    first, again, other = (customer_photo(PRODUCTS[0], shot, seed).tobytes() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_warm_light_is_redder_than_cold_light():
    def red_over_blue(warmth: float) -> float:
        photo = customer_photo(PRODUCTS[0], PhotoConditions("", "stone", Pose(), warmth=warmth), seed=5)
        red, _, blue = np.asarray(photo, np.float32).mean(axis=(0, 1))
        return float(red / blue)

    assert red_over_blue(0.8) > 1.15 * red_over_blue(-0.8)


def test_drawing_again_writes_the_same_bytes(shop: Shop, tmp_path, monkeypatch):
    monkeypatch.setattr(photos, "_SHOTS", photos._SHOTS[:2])
    draw_customer_photos(tmp_path)
    for name in ("photo-01.jpg", "photo-02.jpg"):
        assert (tmp_path / "photos" / name).read_bytes() == (shop.folder / "photos" / name).read_bytes()
