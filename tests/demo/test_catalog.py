from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sosie.demo import catalog
from sosie.demo.catalog import COLUMNS, draw_catalog, shop_picture
from sosie.demo.paint import PALETTE
from sosie.demo.products import PRODUCTS, UNLISTED_PRODUCTS, VIEWS
from support.shop import Shop


def test_there_are_many_products_of_many_kinds(shop: Shop):
    products = {row["product_id"]: row["type"] for row in shop.catalog}
    assert len(products) >= 60
    assert len(set(products.values())) >= 12
    assert Counter(products.values()).most_common(1)[0][1] >= 4


def test_rows_are_complete_and_ids_unique(shop: Shop):
    assert tuple(shop.catalog[0]) == COLUMNS
    assert all(all(row.values()) for row in shop.catalog)
    assert len({row["item_id"] for row in shop.catalog}) == len(shop.catalog)
    assert len({product.product_id for product in PRODUCTS}) == len(PRODUCTS)


def test_prices_are_positive_numbers(shop: Shop):
    assert all(float(row["price"]) > 0 for row in shop.catalog)


def test_every_picture_exists_and_decodes(shop: Shop):
    for row in shop.catalog:
        with Image.open(shop.folder / row["image"]) as picture:
            picture.load()
            assert (picture.mode, picture.size) == ("RGB", (512, 512))


def test_some_products_have_several_views_that_differ(shop: Shop):
    views = Counter(row["product_id"] for row in shop.catalog)
    assert sum(count > 1 for count in views.values()) >= 15
    assert max(views.values()) <= len(VIEWS)
    assert len({Path(shop.folder / row["image"]).read_bytes() for row in shop.catalog}) == len(shop.catalog)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.product_id)
def test_a_product_fills_its_picture_and_stays_within_it(product):
    alpha = np.asarray(product.draw(VIEWS[0], 96).getchannel("A"))
    assert 0.08 < (alpha > 128).mean() < 0.9
    assert (alpha[0] == 0).all()
    assert (alpha[-1] == 0).all()


def test_products_stand_on_white():
    for product in PRODUCTS[::9]:
        corners = np.asarray(shop_picture(product, 0))[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert (corners == 255).all()


def test_drawing_again_gives_the_same_pixels():
    for product in PRODUCTS[::12]:
        assert shop_picture(product, 0).tobytes() == shop_picture(product, 0).tobytes()


def test_colors_have_names(shop: Shop):
    assert {row["color"] for row in shop.catalog} <= set(PALETTE)


def test_unlisted_products_are_of_kinds_that_the_shop_lacks():
    assert not {product.type for product in UNLISTED_PRODUCTS} & {product.type for product in PRODUCTS}


def test_progress_counts_every_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog, "PRODUCTS", PRODUCTS[:2])
    seen: list[tuple[int, int]] = []
    table = draw_catalog(tmp_path / "new" / "Größe 1", progress=lambda done, total: seen.append((done, total)))
    assert table == tmp_path / "new" / "Größe 1" / "catalog.csv"
    assert seen == [(done, 5) for done in range(1, 6)]
