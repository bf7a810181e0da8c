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
    "Etsy": {"price": {"amount": 1290, "divisor": 100, "currency_code": "EUR"}},
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
    "Etsy": [{"url_75x75": SMALL, "url_570xN": B, "url_fullxfull": A}],
    "by pixels": [{"64x64": SMALL, "1024x1024": A, "300x300": B}],
    "objects": {"Primary": {"Small": {"URL": SMALL}, "Large": {"URL": A}}},
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


def test_the_main_picture_and_its_variants(tmp_path: Path) -> None:
    images = {"Primary": {"Large": {"URL": A}}, "Variants": [{"Small": {"URL": SMALL}, "Large": {"URL": B}}]}
    assert pictures(read(tmp_path, {"Items": [{"ASIN": n, "Images": images} for n in (1, 2)]})) == [A, B, A, B]


COLUMNS = {"sku": ["7", "8"], "title": ["Mug", "Vase"], "image_url": [A, B]}
ROWS = [["7", "Mug", A], ["8", "Vase", B]]
TABLES = {
    "pandas": {name: dict(zip("01", column, strict=True)) for name, column in COLUMNS.items()},
    "pandas, split": {"columns": list(COLUMNS), "index": [0, 1], "data": ROWS},
    "Datasette": {"rows": ROWS, "columns": list(COLUMNS), "truncated": False},
    "Google Sheets": {"range": "A1:C3", "values": [list(COLUMNS), *ROWS]},
    "an array of arrays": [list(COLUMNS), *ROWS],
    "lists": COLUMNS,
    "an object around each row": {"rows": [
        {"row_idx": 1, "row": dict(zip(COLUMNS, row, strict=True)), "truncated_cells": []} for row in ROWS]},
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("indent", [None, 1])
def test_tables_in_json(tmp_path: Path, kind: str, indent: int | None) -> None:
    (tmp_path / "t.json").write_text(json.dumps(TABLES[kind], indent=indent))
    seven, eight = items(open_source(tmp_path / "t.json"))
    assert (seven.item_id, seven.image, eight.item_id, eight.image) == ("7", A, "8", B)
    assert seven.attributes["title"] == "Mug"


def test_a_single_product_is_no_table(tmp_path: Path) -> None:
    (item,) = read(tmp_path, {"sku": "7", "title": "Mug", "images": [A], "tags": ["x"]})
    assert (item.item_id, item.image) == ("7", A)


@pytest.mark.parametrize("column", ["item_group_id", "Parent SKU", "product_id"])
@pytest.mark.parametrize("none", ["N/A", "null", "-"])
def test_a_missing_group_merges_no_products(tmp_path: Path, column: str, none: str) -> None:
    (tmp_path / "t.csv").write_text(f"sku,{column},title,image\n7,{none},Mug,{A}\n8,{none},Vase,{B}\n")
    assert [item.product_id for item in items(open_source(tmp_path / "t.csv"))] == ["7", "8"]


def test_a_group_of_zero_is_none_but_a_product_may_be_zero(tmp_path: Path) -> None:
    for column, expected in (("item_group_id", ["7", "8"]), ("product_id", ["0", "0"])):
        (tmp_path / "t.csv").write_text(f"sku,{column},title,image\n7,0,Mug,{A}\n8,0,Vase,{B}\n")
        assert [item.product_id for item in items(open_source(tmp_path / "t.csv"))] == expected


@pytest.mark.parametrize("between", [" ", "~", "||", "#", "^", "<br>", "<br/>\n", ">", " | "])
def test_separators_between_urls(tmp_path: Path, between: str) -> None:
    assert pictures(read_lines(tmp_path, {"id": 1, "images": f"{A}{between}{B}"})) == [A, B]


@pytest.mark.parametrize("address", [f"{CDN}/~shop/a.jpg", f"{CDN}/a.jpg#1", f"{CDN}/w_9,h_9/a.jpg"])
def test_addresses_with_marks_that_separate_others(tmp_path: Path, address: str) -> None:
    assert pictures(read_lines(tmp_path, {"id": 1, "image": address})) == [address]


@pytest.mark.parametrize("other", [f"{CDN}/a.mp4", "https://www.youtube.com/watch?v=1", f"{CDN}/manual.pdf?v=2"])
def test_videos_and_documents_among_addresses_are_left_out(tmp_path: Path, other: str) -> None:
    (tmp_path / "t.csv").write_text(f"sku,media\n7,{A}|{other}\n8,{B}\n")
    assert pictures(items(open_source(tmp_path / "t.csv"))) == [A, B]


@pytest.mark.parametrize(
    "header",
    [
        "image_small,image_medium,image_large",
        "thumbnail_url,picture_normal,picture_big",
        "img_thumb,img_mini,image_url",
    ],
)
def test_of_columns_with_sizes_the_largest_is_read(tmp_path: Path, header: str) -> None:
    (tmp_path / "t.csv").write_text(f"sku,{header}\n7,{SMALL},{SMALL}2,{A}\n8,{SMALL},{SMALL}2,{B}\n")
    assert pictures(items(open_source(tmp_path / "t.csv"))) == [A, B]


def test_of_sizes_in_xml_a_larger_one_is_read(tmp_path: Path) -> None:
    one = f'<images><image size="thumb">{SMALL}</image><image size="large">{A}</image></images>'
    (tmp_path / "t.xml").write_text(f"<c><product><sku>7</sku>{one}</product><product><sku>8</sku>{one}</product></c>")
    assert pictures(items(open_source(tmp_path / "t.xml"))) == [A, A]


@pytest.mark.parametrize(
    "images",
    [
        {"0": A, "1": B},
        {"main": A, "alt": B},
        {"71": {"full_url": A, "thumb_url": SMALL}, "72": {"full_url": B}},
        [{"url": {"en": A}}, {"url": {"en": B}}],
    ],
)
def test_pictures_under_names(tmp_path: Path, images: object) -> None:
    assert pictures(read(tmp_path, [{"id": 1, "name": "Mug", "images": images}])) == [A, B]


def test_the_full_picture_of_media_rss(tmp_path: Path) -> None:
    item = f'<item><guid>7</guid><m:thumbnail url="{SMALL}"/><m:content url="{A}" medium="image"/></item>'
    text = f'<rss xmlns:m="http://search.yahoo.com/mrss/"><channel>{item}{item.replace("7", "8")}</channel></rss>'
    (tmp_path / "t.xml").write_text(text)
    assert pictures(items(open_source(tmp_path / "t.xml"))) == [A, A]


@pytest.mark.parametrize(
    ("price", "value"),
    [("from €12.90", 12.9), ("ab 1.299,00 €*", 1299), ("12.90 EUR incl. VAT", 12.9), ("12,90 € / Stück", 12.9),
     ("à partir de 12,90 € TTC", 12.9), ("two for 5 €", None), ("from 12", None), ("free from 50 € on", None)],
)  # fmt: skip
def test_words_beside_a_price(tmp_path: Path, price: str, value: float | None) -> None:
    for item in read_lines(tmp_path, *({"id": n, "price": price, "image": A} for n in (1, 2))):
        assert item.attributes["price"] == (price if value is None else value)


def test_the_link_of_an_atom_entry(tmp_path: Path) -> None:
    link = '<link rel="alternate" type="text/html" href="https://shop.example/7"/>'
    entries = "".join(f"<entry><id>{n}</id>{link}<image>{A}</image></entry>" for n in (7, 8))
    (tmp_path / "t.xml").write_text(f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>')
    assert items(open_source(tmp_path / "t.xml"))[0].links == ("https://shop.example/7",)


def test_an_empty_object_has_no_picture(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps([{"id": 1, "images": {}}, {"id": 2, "images": {"0": A}}]))
    entries = list(open_source(tmp_path / "t.json"))
    assert [item.image for item in items(entries)] == [A]
    assert "no image: nothing in the column 'images'" in rejections(entries)[0].reason
