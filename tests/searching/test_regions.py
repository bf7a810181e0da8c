"""Every product in a photo of several: each with its place, none in the way of another."""

import pytest
from PIL import Image

from sosie.catalog import Catalog
from sosie.errors import UsageError
from sosie.types import DetailsEvidence
from support.pictures import encode
from support.textures import draw_print

PRINTS = 6
ON_THE_SHELF = {1: (40, 60), 2: (340, 420), 4: (640, 80), 5: (860, 400)}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    folder = tmp_path_factory.mktemp("several")
    rows = ["item_id,image,kind"]
    for seed in range(PRINTS):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_print(seed), "JPEG"))
        rows.append(f"{seed},{seed}.jpg,{'even' if seed % 2 == 0 else 'odd'}")
    (folder / "table.csv").write_text("\n".join(rows), encoding="utf-8")
    catalog = Catalog(str(folder / "shop.sosie"))
    catalog.index(folder / "table.csv")
    return catalog


@pytest.fixture(scope="module")
def shelf() -> Image.Image:
    """Four of the products, each 3 % of the photo."""
    photo = Image.new("RGB", (1100, 700), "gray")
    for seed, place in ON_THE_SHELF.items():
        photo.paste(draw_print(seed).resize((150, 150)), place)
    return photo


def test_each_product_on_a_shelf_has_its_place_and_its_own_answer(shop: Catalog, shelf: Image.Image) -> None:
    products = shop.search_all(shelf, k=2)
    assert {product.result.matches[0].item_id for product in products} == {str(seed) for seed in ON_THE_SHELF}
    assert len(products) == len(ON_THE_SHELF)
    for product in products:
        first = product.result.matches[0]
        assert isinstance(first.evidence, DetailsEvidence)
        x, y = ON_THE_SHELF[int(first.item_id)]
        box = product.region
        assert (box.x + box.width / 2) * 1100 == pytest.approx(x + 75, abs=10)
        assert (box.y + box.height / 2) * 700 == pytest.approx(y + 75, abs=10)
        assert product.result.verdict == "match"
        assert len(product.result.matches) == 2


def test_a_region_can_be_searched_again_as_a_crop(shop: Catalog, shelf: Image.Image) -> None:
    for product in shop.search_all(shelf, k=1):
        again = shop.search(shelf, k=1, crop=product.region)
        assert again.matches == product.result.matches


def test_a_where_and_a_crop_hold_for_all_of_them(shop: Catalog, shelf: Image.Image) -> None:
    even = shop.search_all(shelf, where="kind=even")
    assert {product.result.matches[0].item_id for product in even} == {"2", "4"}
    left = shop.search_all(shelf, crop=(0, 0, 0.5, 1))
    assert {product.result.matches[0].item_id for product in left} == {"1", "2"}
    [first] = [product for product in left if product.result.matches[0].item_id == "1"]
    assert (first.region.x + first.region.width / 2) * 550 == pytest.approx(40 + 75, abs=10)


def test_a_photo_without_details_has_no_verified_product(shop: Catalog) -> None:
    assert shop.search_all(Image.new("RGB", (400, 300), "orange")) == []


def test_words_do_not_go_with_all_products(shop: Catalog, shelf: Image.Image) -> None:
    with pytest.raises(UsageError, match="leave them out"):
        shop.search_all(shelf, text="in blue")


def test_all_products_as_json(shop: Catalog, shelf: Image.Image) -> None:
    [first, *_] = [product.to_dict() for product in shop.search_all(shelf, k=1)]
    assert set(first) == {"region", "result"}
    assert len(first["region"]) == 4
    assert first["result"]["matches"][0]["rank"] == 1
