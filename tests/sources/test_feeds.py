"""Catalogs as shops keep them, one line for each input: what becomes of it."""

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sosie.errors import SourceError
from sosie.sources.opening import open_source
from sosie.types import Item, Rejection
from support.shared import shared

FEEDS = "data/feeds"
SHARED: dict[str, tuple[int, int, dict[str, Any]]] = {
    # input: items, rejections, what the first item's attributes hold among others
    "backslash.csv": (3, 0, {"name": 'a "quoted" name'}),
    "badcell.csv": (4, 0, {"price": 9.5}),
    "badcell_fixed.csv": (4, 0, {"price": 9.5}),
    "biglong.csv.gz": (4, 0, {}),
    "blanks.csv": (5, 0, {"brand": "Acme"}),
    "bools.csv": (2, 0, {"flag": True, "num": 1}),
    "bytes_col.parquet": (2, 0, {}),
    "catalogue.xlsx": (2, 0, {"price": 12.5}),
    "cells.csv": (39, 3, {}),
    "coco_instances.json": (2, 0, {"label": ("chair",)}),
    "cp1252.csv": (2, 0, {"Titel": "Schüssel – blau", "Preis": 1299.0, "currency": "EUR", "Größe": 36}),
    "dummyjson.json": (3, 0, {"title": "Mug"}),
    "dup.csv": (2, 0, {"tag": "a", "tag_2": "b"}),
    "ean_apos.csv": (2, 0, {"ean": "4006381333931"}),
    "ean_sci.csv": (2, 0, {"ean": "4.00638E+12"}),
    "extra_binary.parquet": (2, 0, {}),
    "extra_embedding.parquet": (2, 0, {}),
    "extra_liststruct.parquet": (2, 0, {}),
    "google_feed.xml": (3, 0, {"title": "Blue Mug", "price": 12.5, "currency": "EUR", "gtin": "4006381333931"}),
    "google_feed_good.tsv": (5, 0, {"title": "Mug", "price": 9.0}),
    "google_feed_one_open_quote.tsv": (5, 0, {"title": "Mug"}),
    "google_feed_quotes.tsv": (7, 0, {"title": 'Blue Mug 12" tall'}),
    "hf_image.parquet": (2, 0, {"label": 3}),
    "ids_float.csv": (3, 0, {}),
    "inch.csv": (3, 0, {"name": '19" monitor', "price": 9}),
    "links.csv": (4, 0, {}),
    "listings_0.jsonl": (3, 0, {"item_name": "Oak chair", "brand": "Brand A", "product_type": "CHAIR"}),
    "magento_catalog_product.csv": (3, 0, {"name": "Duffle Bag", "categories": ("Default Category", "Gear", "Bags")}),
    "onebad.csv": (7, 0, {"name": "ok"}),
    "paths.csv": (21, 0, {}),
    "pics.zip": (2, 0, {"folder": "shop"}),
    "pid.csv": (3, 0, {}),
    "pipe.csv": (2, 0, {"name": "Mug"}),
    "prices.csv": (2, 0, {"eu": 1299.0, "us": 1299.0, "cur": 12.5, "us2": 1299.0, "rs": 1499, "plain_comma": 12.5}),
    "s1.csv": (3, 0, {"name": "A"}),
    "s2.csv": (3, 0, {"name": "A"}),
    "sep.csv": (2, 0, {"Titel": "Schüssel – blau"}),
    "shopify_products_export.csv": (3, 0, {"Title": "Blue Mug", "Tags": ("blue", "kitchen"), "Variant Price": 12.5}),
    "short.csv": (3, 0, {"name": "Mug", "note": "x"}),
    "sku.csv": (2, 0, {}),
    "stray_quote_300rows.tsv": (299, 0, {"title": "Product 0"}),
    "title_row.csv": (2, 0, {"name": "Mug"}),
    "utf16le_nobom.csv": (2, 0, {"Preis": 1299.0}),
    "woo_images_comma.csv": (5, 0, {"Name": "V-Neck Tee", "Categories": ("Clothing", "Tshirts")}),
}


def entries(source: Any) -> tuple[list[Item], list[Rejection]]:
    all_items = list(source)
    return [e for e in all_items if isinstance(e, Item)], [e for e in all_items if isinstance(e, Rejection)]


@pytest.mark.parametrize("name", SHARED)
def test_each_input_has_the_expected_items_and_rejections(name: str) -> None:
    items, rejections, first = SHARED[name]
    source = open_source(shared(f"{FEEDS}/{name}"))
    all_items, rejected = entries(source)
    assert (len(all_items), len(rejected)) == (items, rejections), rejected
    assert {key: all_items[0].attributes.get(key) for key in first} == first
    assert source.count() == items + rejections


def test_a_kaggle_table_finds_its_pictures_by_id(tmp_path: Path) -> None:
    for number in range(10001, 10006):
        (tmp_path / f"{number}.jpg").touch()
    all_items, rejected = entries(open_source(shared(f"{FEEDS}/kaggle_styles.csv"), images_dir=[tmp_path]))
    assert [item.item_id for item in all_items] == [str(number) for number in range(10001, 10006)]
    assert all_items[2].attributes["productDisplayName"] == "Brand C Printed, Round Neck, Tee"
    assert [(rejection.item_id, rejection.stage) for rejection in rejected] == [("10006", "read")]
    with pytest.raises(SourceError, match="--images"):
        open_source(shared(f"{FEEDS}/kaggle_styles.csv"))


U = "https://cdn.example/p"
Expected = list[tuple[str, str, str]]
GOOGLE = (
    '<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>'
    "<item><g:id>1</g:id><g:item_group_id>g</g:item_group_id><title>Mug &amp; Co</title>"
    f"<g:image_link>{U}/1.jpg?a=1&b=2</g:image_link><g:additional_image_link>{U}/2.jpg</g:additional_image_link>"
    "<g:price>1,299.00 USD</g:price></item>"
    f"<item><g:id>2</g:id><title>Tea & Söhne</title><g:image_link>{U}/3.jpg</g:image_link></item></channel></rss>"
)
WRITTEN: dict[str, tuple[str, bytes | str, Expected]] = {
    "Google, ampersands alone": ("feed.xml", GOOGLE, [
        ("1", "g", f"{U}/1.jpg?a=1&b=2"), ("1~85", "g", f"{U}/2.jpg"), ("2", "2", f"{U}/3.jpg")]),
    "Atom": ("feed", '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><entry>'
             f"<g:id>1</g:id><title>Mug</title><g:image_link>{U}/1.jpg</g:image_link></entry></feed>",
             [("1", "1", f"{U}/1.jpg")]),
    "YML": ("y.xml", f'<!DOCTYPE yml SYSTEM "shops.dtd"><yml><shop><offers><offer id="9"><picture>{U}/1.jpg</picture>'
            f"<picture>{U}/2.jpg</picture><name>Кружка</name></offer></offers></shop></yml>",
            [("9", "9", f"{U}/1.jpg"), ("9~85", "9", f"{U}/2.jpg")]),
    "Shopify, rows of pictures": ("s.csv", "Handle,Title,Variant SKU,Variant Price,Image Src\n"
                                  f"mug,Mug,M1,9.00,{U}/1.jpg\nmug,,M2,9.50,\nmug,,,,{U}/2.jpg\n"
                                  f"cup,Cup,C1,8.00,{U}/3.jpg\n",
                                  [("mug", "mug", f"{U}/1.jpg"), ("mug~85", "mug", f"{U}/2.jpg"),
                                   ("cup", "cup", f"{U}/3.jpg")]),
    "WooCommerce, German": ("w.csv", "ID,Typ,Artikelnummer,Name,Regulärer Preis,Bilder,Übergeordnetes Produkt\n"
                            f'10,variable,tee,Tee,,"{U}/1.jpg, {U}/2.jpg",\n'
                            f'11,variation,tee-r,Rot,"19,90",{U}/3.jpg,tee\n'
                            '12,variation,tee-b,Blau,"19,90",,tee\n',
                            [("10", "10", f"{U}/1.jpg"), ("10~85", "10", f"{U}/2.jpg"), ("11", "10", f"{U}/3.jpg")]),
    "PrestaShop, French": ("p.csv", "ID;Nom;Prix TTC;URL des images (x,y,z...)\n"
                           f'1;Théière;24,90;"{U}/1.jpg,{U}/2.jpg"\n',
                           [("1", "1", f"{U}/1.jpg"), ("1~85", "1", f"{U}/2.jpg")]),
    "Rakuten, Shift-JIS": ("r.csv", "商品番号,商品名,販売価格,商品画像URL\n".encode("cp932")
                           + f'M1,青いマグ,"1,200円",{U}/1.jpg {U}/2.jpg\n'.encode("cp932"),
                           [("M1", "M1", f"{U}/1.jpg"), ("M1~85", "M1", f"{U}/2.jpg")]),
    "nested pictures, HTML's entities": (
        "n.xml", "<products><product><sku>1</sku><name>Cup&nbsp;x</name><images><image>"
        f'<url>{U}/1.jpg</url></image></images><price currency="EUR">8.00</price></product>'
        f"<product><sku>2</sku><images><image>{U}/2.jpg</image></images></product>"
        "</products>", [("1", "1", f"{U}/1.jpg"), ("2", "2", f"{U}/2.jpg")]),
    "headless list": ("urls.txt", f"{U}/1.jpg\n{U}/2.jpg\n",
                      [(f"{U}/1.jpg", f"{U}/1.jpg", f"{U}/1.jpg"), (f"{U}/2.jpg", f"{U}/2.jpg", f"{U}/2.jpg")]),
    "products.json": ("p.json", json.dumps({"meta": {"n": 1}, "data": {"products": [
        {"handle": "mug", "title": "Mug", "images": [{"src": f"{U}/1.jpg"}, {"src": f"{U}/2.jpg"}],
         "variants": [{"price": "9.00", "sku": "M"}]}]}}),
        [("mug", "mug", f"{U}/1.jpg"), ("mug~85", "mug", f"{U}/2.jpg")]),
    "gzip by another name": ("t.dat", gzip.compress(f"item_id,image\n1,{U}/1.jpg\n".encode()),
                             [("1", "1", f"{U}/1.jpg")]),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRITTEN)
def test_each_kind_of_feed_has_the_expected_items(tmp_path: Path, kind: str) -> None:
    name, content, expected = WRITTEN[kind]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    all_items, rejected = entries(open_source(tmp_path / name))
    assert [(_short(item.item_id), item.product_id, item.image) for item in all_items] == expected
    assert not rejected


def _short(item_id: str) -> str:
    """An id of a further picture with the first two letters of its digest."""
    base, mark, digest = item_id.partition("~")
    return base + mark + digest[:2]


def _zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


def _tarred(mode: str, files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


JPEG = b"\xff\xd8\xff\xe0 picture"
ARCHIVES: dict[str, Callable[[], bytes]] = {
    "zip": lambda: _zipped(**{"shop__1.jpg": JPEG, "shop__notes.txt": b"x", "__MACOSX__._1.jpg": b"x"}),
    "tar": lambda: _tarred("w", {"./shop/1.jpg": JPEG}),
    "tar.gz": lambda: _tarred("w:gz", {"shop/1.jpg": JPEG}),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives_of_pictures(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"a.{kind}").write_bytes(ARCHIVES[kind]())
    source = open_source(tmp_path / f"a.{kind}")
    (item,), rejected = entries(source)
    assert (item.item_id, item.picture, item.attributes) == ("shop/1.jpg", JPEG, {"folder": "shop"})
    assert not rejected
    assert source.count() == 1
    (item,), _ = entries(open_source(tmp_path / f"a.{kind}", product_from_folder=True))
    assert item.product_id == "shop"


def test_webdataset_shards_with_captions(tmp_path: Path) -> None:
    described = json.dumps({"caption": "A mug", "url": f"{U}/1.jpg", "width": 3, "key": "000"}).encode()
    for number in (0, 1):
        files = {f"00{number}.jpg": JPEG, f"00{number}.json": described, f"00{number}.txt": b"A mug"}
        (tmp_path / f"0000{number}.tar").write_bytes(_tarred("w", files))
    all_items, rejected = entries(open_source(tmp_path))
    assert [(item.item_id, item.picture) for item in all_items] == [("000", JPEG), ("001", JPEG)]
    assert all_items[0].attributes == {"caption": "A mug", "width": 3}
    assert all_items[0].links == (f"{U}/1.jpg",)
    assert not rejected


BAD: dict[str, tuple[str, bytes, str]] = {
    "a log-in page": ("feed.csv", b"<!DOCTYPE html><html><body>Log in</body></html>", "web page"),
    "a log-in page as XML": ("feed.xml", b"<html><head><title>Log in</title></head></html>", "web page"),
    "an empty feed": ("feed.xml", b"", "is empty"),
    "entities": ("feed.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><rss><item><title>&a;</title></item></rss>', "entities"),
    "entities, UTF-16": ("feed.xml", '<!DOCTYPE x [<!ENTITY a "b">]><rss><item/></rss>'.encode("utf-16"), "entities"),
    "XML without products": ("feed.xml", b"<shop><name>x</name></shop>", "without products"),
    "a broken zip": ("a.zip", b"PK\x03\x04 and nothing more", "zip"),
    "a Parquet cut off": ("t.parquet", b"PAR1" + b"x" * 100, "cannot be read as Parquet"),
    "a spreadsheet that is none": (
        "t.xlsx",
        _zipped(**{"[Content_Types].xml": b"<x/>"}),
        "cannot be read as a spreadsheet",
    ),
    "a document": ("t.pdf", b"%PDF-1.7 x", "PDF"),
    "JSON without a list": ("t.json", b'{"a": 1, "b": {"c": [1, 2]}}', "neither|no column"),
    "a JSON document without a list": ("t.json", b'{\n"a": {\n"b": 1\n}\n}', "no list of products"),
    "JSON cut off": ("t.json", b'{"products": [{"id": 1', "JSON|no column"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_read_is_refused_in_words(tmp_path: Path, kind: str) -> None:
    name, content, words = BAD[kind]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=words):
        list(open_source(tmp_path / name))


def test_a_zip_bomb_and_names_that_lead_out_of_the_archive_cost_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../out.jpg", JPEG)
        archive.writestr("/abs.jpg", JPEG)
        archive.writestr("bomb.jpg", bytes(200_000_000))
        archive.writestr("good.jpg", JPEG)
    source = open_source(path)
    all_items, rejected = entries(source)
    assert [item.item_id for item in all_items] == ["good.jpg"]
    assert [rejection.item_id for rejection in rejected] == ["bomb.jpg"]
    assert "lead out of the archive" in " ".join(source.report().sentences())  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.xml"])
def test_a_feed_that_changes_while_it_is_read_ends_the_reading(tmp_path: Path, name: str) -> None:
    content = {
        "t.csv": "item_id,image\n" + "".join(f"{n},p{n}.jpg\n" for n in range(9000)),
        "t.jsonl": "".join(f'{{"item_id": {n}, "image": "p{n}.jpg"}}\n' for n in range(9000)),
        "t.xml": "<rss>" + "".join(f"<item><id>{n}</id><image>p{n}.jpg</image></item>" for n in range(9000)) + "</rss>",
    }[name]
    (tmp_path / name).write_text(content)
    reading = iter(open_source(tmp_path / name))
    assert isinstance(next(reading), Item)
    with (tmp_path / name).open("a") as file:
        file.write("\n")
    with pytest.raises(SourceError, match="changed while it was read"):
        list(reading)


@pytest.mark.parametrize("cut", [40, 200])
def test_a_gzip_that_is_cut_off_says_so(tmp_path: Path, cut: int) -> None:
    rows = "".join(f"{n},p{n}.jpg,{n * 7919 % 10007}\n" for n in range(2000))
    content = gzip.compress(f"item_id,image,n\n{rows}".encode())
    (tmp_path / "t.csv.gz").write_bytes(content[:-cut])
    with pytest.raises(SourceError, match="cut off or damaged"):
        list(open_source(tmp_path / "t.csv.gz"))
