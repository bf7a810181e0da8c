"""Answers and bulk exports of the APIs of shops, read without settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from sosie.roles import role_values
from sosie.sources.opening import open_source
from sosie.types import Item
from support.tables import items, rejections

CDN = "https://cdn.example"
A, B = f"{CDN}/a.jpg", f"{CDN}/b.jpg"
SMALL = f"{CDN}/cache/150/a.jpg"


def read(at: Path, document: object) -> list[Item]:
    (at / "t.json").write_text(json.dumps(document), encoding="utf-8")
    return items(open_source(at / "t.json"))


def read_lines(at: Path, *records: object) -> list[Item]:
    (at / "t.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return items(open_source(at / "t.jsonl"))


def pictures(found: list[Item]) -> list[object]:
    return [item.image for item in found]


MONEY = {
    "Stripe": {"default_price": {"currency": "eur", "unit_amount": 1290}},
    "commercetools": {"masterVariant": {"prices": [
        {"value": {"type": "centPrecision", "currencyCode": "EUR", "centAmount": 1290, "fractionDigits": 2}}]}},
    "Google": {"productAttributes": {"price": {"amountMicros": "12900000", "currencyCode": "EUR"}}},
    "WooCommerce": {"prices": {"price": "1290", "sale_price": "", "currency_minor_unit": 2}},
    "prices in euros": {"price": {"value": 12.9, "currency": "EUR"}},
}  # fmt: skip


@pytest.mark.parametrize("kind", MONEY)
def test_amounts_in_cents_become_whole_units(tmp_path: Path, kind: str) -> None:
    found = read(tmp_path, {"data": [{"id": n, "name": "Mug", "images": [{"url": A}], **MONEY[kind]} for n in (1, 2)]})
    assert [role_values(item.attributes)["price"] for item in found] == [12.9, 12.9]


@pytest.mark.parametrize(("currency", "price"), [("jpy", 1290), ("EUR", 12.9)])
def test_a_currency_without_cents(tmp_path: Path, currency: str, price: float) -> None:
    money = {"price": {"currency": currency, "unit_amount": 1290}}
    (item,) = read_lines(tmp_path, {"id": 1, "image": A, **money})
    assert item.attributes["price.value"] == price


@pytest.mark.parametrize("form", ["edges", "nodes"])
def test_lists_of_graphql(tmp_path: Path, form: str) -> None:
    def connection(*nodes: object) -> object:
        return {form: [{"node": node} for node in nodes] if form == "edges" else list(nodes), "pageInfo": {}}

    products = [
        {"id": f"gid://{n}", "title": "Mug", "images": connection({"url": A}, {"url": B}),
         "variants": connection({"sku": "7", "barcode": "4006381333931", "price": "9.90"})} for n in (1, 2)
    ]  # fmt: skip
    first, second, *_ = read(tmp_path, {"data": {"products": connection(*products)}})
    assert (first.image, second.image, first.product_id == second.product_id) == (A, B, True)
    roles = role_values(first.attributes)
    assert (roles["price"], roles["gtin"]) == (9.9, ("4006381333931",))


SIZES = {
    "BigCommerce": [{"url_tiny": SMALL, "url_thumbnail": SMALL, "url_standard": B, "url_zoom": A}],
    "Amazon": [{"thumb": SMALL, "large": B, "hi_res": A}],
    "Amazon, by columns": {"thumb": [SMALL], "large": [B], "hi_res": [A]},
    "Amazon, without the largest": [{"thumb": SMALL, "large": A, "hi_res": None}],
    "words": [{"small": SMALL, "medium": B, "big": A}],
    "only a small one": [{"thumbnail": A}],
    "widths beside it": [{"max_width": "900", "large_image_url": A}],
}


@pytest.mark.parametrize("kind", SIZES)
def test_of_several_sizes_the_largest_is_read(tmp_path: Path, kind: str) -> None:
    found = read(tmp_path, [{"id": n, "thumbnailUrl": SMALL, "media": SIZES[kind]} for n in (1, 2)])
    assert pictures(found) == [A, A]


def test_parallel_lists_of_addresses_fill_each_other(tmp_path: Path) -> None:
    found = read_lines(
        tmp_path, {"id": 1, "images": {"large": [SMALL, B], "hi_res": [A, None], "variant": ["MAIN", "PT"]}}
    )
    assert pictures(found) == [A, B]


def test_a_list_that_repeats_the_main_picture_has_the_further_ones(tmp_path: Path) -> None:
    found = read(tmp_path, {"hits": [{"sku": n, "image": A, "images": [A, B]} for n in (1, 2)]})
    assert pictures(found) == [A, B, A, B]


def test_a_list_of_other_pictures_is_no_list_of_further_ones(tmp_path: Path) -> None:
    found = read(tmp_path, {"hits": [{"sku": n, "image": A, "images": [SMALL, B]} for n in (1, 2)]})
    assert pictures(found) == [A, A]


@pytest.mark.parametrize(
    "before",
    [
        {"banners": [{"title": "Sale", "image": f"{CDN}/sale.jpg", "link": "https://shop.example/sale"}]},
        {"filters": [{"name": "red", "image": f"{CDN}/red.png"}, {"name": "blue", "image": f"{CDN}/blue.png"}]},
    ],
)
def test_banners_and_filters_are_no_products(tmp_path: Path, before: dict[str, Any]) -> None:
    products = [{"id": n, "title": "Mug", "price": 3, "brand": "Acme", "image": A} for n in (1, 2)]
    assert pictures(read(tmp_path, {**before, "products": products})) == [A, A]


def test_pictures_and_variants_on_lines_of_their_own(tmp_path: Path) -> None:
    lines: list[object] = []
    for n, image in (("1", A), ("2", B)):
        lines += [
            {"id": n, "title": "Mug", "vendor": "Acme"},
            {"id": f"{n}i", "url": image, "__parentId": n},
            {"id": f"{n}v", "sku": f"S{n}", "price": "9.90", "__parentId": n},
            {"id": f"{n}m", "namespace": "custom", "__parentId": n},
        ]
    one, two = read_lines(tmp_path, *lines)
    assert (one.item_id, one.image, two.item_id, two.image) == ("1", A, "2", B)
    assert one.attributes == {"title": "Mug", "vendor": "Acme", "variants.sku": ("S1",), "variants.price": 9.9}


def test_a_parent_of_zero_is_none(tmp_path: Path) -> None:
    found = read(tmp_path, [{"id": n, "parent": 0, "name": "Mug", "images": [{"src": A}]} for n in (5, 6)])
    assert [item.product_id for item in found] == ["5", "6"]


def test_the_variants_that_name_the_pictures_keep_their_price(tmp_path: Path) -> None:
    variants = [{"sku": "7", "price": "9.90", "image": A}, {"sku": "8", "price": "9.90", "image": B}]
    found = read(tmp_path, {"products": [{"id": 1, "title": "Mug", "variants": variants}]})
    assert pictures(found) == [A, B]
    assert (found[0].attributes["variants.price"], found[0].attributes["variants.sku"]) == (9.9, ("7", "8"))


def test_typed_values_of_notion(tmp_path: Path) -> None:
    page = {"id": "p", "properties": {
        "Name": {"id": "t", "type": "title", "title": [{"plain_text": "Red "}, {"plain_text": "mug"}]},
        "Price": {"id": "n", "type": "number", "number": 9.9},
        "Image": {"id": "f", "type": "files", "files": [{"name": "a", "type": "external", "external": {"url": A}}]},
    }}  # fmt: skip
    (item,) = read(tmp_path, {"results": [page]})
    assert (item.image, item.attributes) == (A, {"Name": "Red mug", "Price": 9.9})


@pytest.mark.parametrize(
    "address",
    [f"{CDN}/no_image.jpg", f"{CDN}/woocommerce-placeholder-600x600.png", f"{CDN}/placeholder/default/small.jpg",
     "no-photo-available.png", f"{CDN}/image-coming-soon.jpg?v=1"],
)  # fmt: skip
def test_placeholders_are_no_pictures(tmp_path: Path, address: str) -> None:
    (tmp_path / "t.csv").write_text(f"sku,image,gallery\n1,{address},{B}\n2,{address},\n")
    source = open_source(tmp_path / "t.csv")
    entries = list(source)
    assert [item.image for item in items(entries)] == [B]
    assert len(rejections(entries)) == 1
    assert any("placeholders" in sentence and address[:40] in sentence for sentence in source.report().sentences())


@pytest.mark.parametrize(
    "name", ["no_image_tee_black.jpg", "placeholder-card-holder.jpg", "notebook.jpg", "missing-you.jpg"]
)
def test_names_that_only_resemble_a_placeholder(tmp_path: Path, name: str) -> None:
    assert pictures(read_lines(tmp_path, {"id": 1, "image": f"{CDN}/{name}"})) == [f"{CDN}/{name}"]
