"""Exports of shops, market places, catalogs of suppliers and databases, each read without settings."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sosie.errors import SourceError
from sosie.roles import candidates, is_further_image, role_values
from sosie.sources.opening import open_source
from sosie.types import Item
from support.pictures import draw_picture, encode
from support.tables import items, rejections

CDN = "https://cdn.example"


def written(at: Path, name: str, text: str) -> list[Item]:
    path = at / name
    path.write_text(text, encoding="utf-8")
    return items(open_source(path))


def pictures(read: list[Item]) -> list[object]:
    return [item.image for item in read]


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ("item_id", "Artikelnummer im Shop"),
        ("item_id", "CustomLabel"),
        ("item_id", "product_internal_id"),
        ("links", "BUYURL"),
        ("title", "Description.ShortName"),
        ("brand", "Hersteller / Markenname"),
        ("brand", "C:Marke"),
        ("brand", "brand.data.attributes.name"),
        ("price", "Prezzo IVA inclusa"),
        ("price", "pricing.list.value"),
        ("price", "price-CHF"),
        ("gtin", "EAN / GTIN / Barcodenummer / UPC"),
        ("gtin", "ARTICLE_DETAILS.EAN"),
        ("gtin", "product_GTIN"),
        ("image", "image[0].url"),
        ("image", "Bild 1 Pfad/URL"),
        ("image", "IMAGEURL"),
        ("image", "Ссылка на главное фото*"),
        ("title", "translated.name"),
        ("title", "NL_Title_Short"),
        ("price", "Цена, руб.*"),
        ("category", "categories.0.name"),
    ],
)
def test_names_that_resemble_usual_ones(role: Any, name: str) -> None:
    assert candidates(role, [name]) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "shipping.price",
        "Versand / Preis",
        "product weight",
        "image[0].tag[0]",
        "image alt text",
        "low pic",
        "swatch_image",
        "data.attributes",
        "1.5",
    ],
)
def test_names_that_only_seem_to_have_a_role(name: str) -> None:
    assert not candidates("price", [name])
    assert not candidates("image", [name])
    assert not is_further_image(name)


def test_a_usual_name_has_priority_over_one_that_resembles_it() -> None:
    names = ["details.EAN", "ean", "Hersteller / Markenname", "brand"]
    assert role_values({name: name for name in names}) == {"gtin": "ean", "brand": "brand"}


def test_numbered_columns_of_pictures_may_begin_with_zero(tmp_path: Path) -> None:
    header = "id,title,image[0].url,image[0].tag[0],image[1].url,image[1].tag[0]"
    read = written(tmp_path, "t.csv", f"{header}\n1,Mug,{CDN}/a.jpg,main,{CDN}/b.jpg,side\n")
    assert pictures(read) == [f"{CDN}/a.jpg", f"{CDN}/b.jpg"]


def test_the_last_of_several_header_rows_is_the_header(tmp_path: Path) -> None:
    above = "TemplateType=x\tVersion=1\tThe top rows are for the market place only\t\n"
    labels = "Seller SKU\tProduct Name\tBrand Name\tMain Image URL\n"
    names = "item_sku\titem_name\tbrand_name\tmain_image_url\n"
    read = written(tmp_path, "t.txt", f"{above}{labels}{names}7\tMug\tAcme\t{CDN}/a.jpg\n8\tVase\tAcme\t{CDN}/b.jpg\n")
    assert [item.item_id for item in read] == ["7", "8"]
    assert read[0].attributes == {"item_name": "Mug", "brand_name": "Acme"}


def test_names_of_groups_of_columns_may_stand_above_the_header(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["Artikel", None, "Preise", None, "Bilder"], ["Artikelnummer", "Name", "EK", "VK", "Bild 1"]):
        sheet.append(row)
    sheet.append(["7", "Mug", 5, 10, f"{CDN}/a.jpg"])
    workbook.save(tmp_path / "t.xlsx")
    (item,) = items(open_source(tmp_path / "t.xlsx"))
    assert (item.item_id, item.image, role_values(item.attributes)["price"]) == ("7", f"{CDN}/a.jpg", 10)


def test_a_row_of_products_is_no_header(tmp_path: Path) -> None:
    read = written(
        tmp_path, "t.csv", "sku,name,type,brand,image\n1,Model,Photo,Maker,a.jpg\n2,Title,Image,Vendor,b.jpg\n"
    )
    assert [item.item_id for item in read] == ["1", "2"]


def test_the_record_of_an_unknown_document_is_its_richest_repeated_element(tmp_path: Path) -> None:
    offers = "".join(
        f'<o id="{n}" url="https://shop.example/{n}" price="9.90"><cat>Home/Mugs</cat><name>Mug {n}</name>'
        f'<imgs><main url="{CDN}/{n}.jpg"/>{further}</imgs>'
        f'<attrs><a name="Producent">Acme</a><a name="EAN">4006381333931</a></attrs></o>'
        for n, further in ((1, f'<i url="{CDN}/1b.jpg"/>'), (2, ""))
    )
    read = written(tmp_path, "t.xml", f"<offers><shop><hour/><hour/></shop>{offers}</offers>")
    assert pictures(read) == [f"{CDN}/1.jpg", f"{CDN}/1b.jpg", f"{CDN}/2.jpg"]
    assert read[0].links == ("https://shop.example/1",)
    values = role_values(read[0].attributes)
    assert (values["brand"], values["gtin"], values["price"]) == ("Acme", "4006381333931", 9.9)


def test_bmecat(tmp_path: Path) -> None:
    mimes = (
        f"<MIME><MIME_TYPE>image/jpeg</MIME_TYPE><MIME_SOURCE>{CDN}/a.jpg</MIME_SOURCE></MIME>"
        f"<MIME><MIME_TYPE>application/pdf</MIME_TYPE><MIME_SOURCE>{CDN}/a.pdf</MIME_SOURCE></MIME>"
    )
    article = (
        "<ARTICLE><SUPPLIER_AID>7</SUPPLIER_AID><ARTICLE_DETAILS><DESCRIPTION_SHORT>Mug</DESCRIPTION_SHORT>"
        "<EAN>4006381333931</EAN></ARTICLE_DETAILS><FEATURES><FEATURE><FNAME>Farbe</FNAME><FVALUE>rot</FVALUE>"
        "</FEATURE></FEATURES><PRICES><ARTICLE_PRICE><PRICE_AMOUNT>9.90</PRICE_AMOUNT><PRICE_CURRENCY>EUR</PRICE_CURRENCY></ARTICLE_PRICE></PRICES>"
        f"<MIME_INFO>{mimes}</MIME_INFO></ARTICLE>"
    )
    (item,) = written(tmp_path, "t.xml", f"<BMECAT><T_NEW_CATALOG>{article}</T_NEW_CATALOG></BMECAT>")
    assert (item.item_id, item.image) == ("7", f"{CDN}/a.jpg")
    assert item.attributes["FEATURES.Farbe"] == "rot"
    values = role_values(item.attributes)
    assert (values["title"], values["gtin"], values["price"]) == ("Mug", "4006381333931", 9.9)


def test_categories_that_are_listed_once_by_id(tmp_path: Path) -> None:
    text = (
        '<yml><categories><category id="1">Home</category><category id="2" parentId="1">Mugs</category></categories>'
        f'<offers><offer id="7"><categoryId>2</categoryId><model>Red</model><picture>{CDN}/a.jpg</picture></offer>'
        "</offers></yml>"
    )
    (item,) = written(tmp_path, "t.yml", text)
    values = role_values(item.attributes)
    assert (values["category"], values["title"]) == (("Home", "Mugs"), "Red")


def test_pictures_in_several_sizes_are_read_in_the_first(tmp_path: Path) -> None:
    groups = "".join(
        f'<image-group view-type="{size}"><image path="{CDN}/{size}/a.jpg"/><image path="{CDN}/{size}/b.jpg"/>'
        "</image-group>"
        for size in ("large", "small")
    )
    read = written(tmp_path, "t.xml", f'<catalog><product product-id="7"><images>{groups}</images></product></catalog>')
    assert pictures(read) == [f"{CDN}/large/a.jpg", f"{CDN}/large/b.jpg"]


RECORDS: dict[str, object] = {
    "MongoDB": {"sku": "7", "price": {"$numberDecimal": "9.90"}, "image": f"{CDN}/a.jpg", "at": {"$date": "2024"}},
    "DynamoDB": {"Item": {"sku": {"S": "7"}, "price": {"N": "9.90"}, "images": {"L": [{"S": f"{CDN}/a.jpg"}]}}},
    "an object around the product": {"id": 1, "attributes": {"sku": "7", "name": "Mug", "price": 9.9,
        "images": {"data": [{"id": 3, "attributes": {"url": f"{CDN}/a.jpg"}}]}}},
    "pictures in an object": {"sku": "7", "price": 9.9, "media": {"images": [{"url": f"{CDN}/a.jpg"}],
        "videos": [{"url": f"{CDN}/v.mp4"}]}},
    "named values": {"sku": "7", "image": f"{CDN}/a.jpg", "custom_attributes": [
        {"attribute_code": "price", "value": 9.9}, {"attribute_code": "ean", "value": "1"}]},
    "a video between the pictures": {"sku": "7", "price": 9.9, "images": [
        {"type": "video/mp4", "url": f"{CDN}/v.mp4"}, {"type": "image/png", "url": f"{CDN}/a.jpg"}]},
}  # fmt: skip


@pytest.mark.parametrize("kind", RECORDS)
def test_records_of_databases_and_apis(tmp_path: Path, kind: str) -> None:
    (item,) = written(tmp_path, "t.jsonl", json.dumps(RECORDS[kind]) + "\n")
    assert item.image == f"{CDN}/a.jpg"
    assert role_values(item.attributes)["price"] == 9.9
    assert item.product_id in ("7", "1")


@pytest.mark.parametrize(
    "document",
    [
        {"products": {"7": {"name": "Mug", "image": f"{CDN}/7.jpg"}, "8": {"name": "Vase", "image": f"{CDN}/8.jpg"}}},
        [{"header": {"version": 2}}, {"products": [{"id": n, "image": f"{CDN}/{n}.jpg"} for n in (7, 8)]}],
        {"@graph": [{"@type": "WebSite", "sku": "x", "image": "logo.png"},
                    *({"@type": "Product", "sku": n, "image": f"{CDN}/{n}.jpg"} for n in ("7", "8"))]},
        {"data": [{"id": n, "attributes": {"name": "Mug", "price": 2, "images": [f"{CDN}/{n}.jpg"]}} for n in (7, 8)]},
    ],
)  # fmt: skip
def test_documents_with_products_in_other_places(tmp_path: Path, document: object) -> None:
    read = written(tmp_path, "t.json", json.dumps(document))
    assert [(item.item_id, item.image) for item in read] == [("7", f"{CDN}/7.jpg"), ("8", f"{CDN}/8.jpg")]


def test_pictures_come_in_the_order_that_their_objects_state(tmp_path: Path) -> None:
    by_position = [{"url": f"{CDN}/b.jpg", "position": 2}, {"url": f"{CDN}/a.jpg", "position": 1}]
    by_mark = [{"url": f"{CDN}/b.jpg", "is_main": False}, {"url": f"{CDN}/a.jpg", "is_main": True}]
    lines = [json.dumps({"id": n, "images": images}) for n, images in enumerate((by_position, by_mark))]
    assert pictures(written(tmp_path, "t.jsonl", "\n".join(lines)))[::2] == [f"{CDN}/a.jpg"] * 2


def test_attachments_with_their_file_names(tmp_path: Path) -> None:
    cell = f"red mug.jpg ({CDN}/v3/abc),blue.jpg ({CDN}/v3/def)"
    read = written(tmp_path, "t.csv", f'SKU,Photos\n7,"{cell}"\n')
    assert pictures(read) == [f"{CDN}/v3/abc", f"{CDN}/v3/def"]


def test_a_web_page_with_a_table_of_products(tmp_path: Path) -> None:
    rows = f'<tr><td>7</td><td>Mug &amp; Co</td><td>9,90 €</td><td><img src="{CDN}/a.jpg" width=5></td></tr>'
    layout = "<table><tr><td>Menu</td></tr></table>"
    head = "<html><body>" + layout + "<table><tr><th>SKU</th><th>Name</th><th>Price</th><th>Image</th></tr>"
    (item,) = written(tmp_path, "export.xls", f"{head}{rows}</table></body></html>")
    assert (item.item_id, item.image) == ("7", f"{CDN}/a.jpg")
    assert item.attributes == {"Name": "Mug & Co", "Price": 9.9, "currency": "EUR"}


def test_a_web_page_without_products_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html><body><table><tr><td>Log in</td></tr></table></body></html>")
    with pytest.raises(SourceError, match="is a web page without a table of products"):
        open_source(tmp_path / "page.html")


def drawn(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(draw_picture(1, (32, 32))))
    return path.read_bytes()


@pytest.mark.parametrize("labels", ["file,label\n7.jpg,cat\n8.jpg,dog\n", "color,price\nred,3\nblue,4\n", ""])
def test_a_list_of_labels_beside_pictures_does_not_hide_them(tmp_path: Path, labels: str) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("labels.csv", labels)
        archive.writestr("7.jpg", b"a picture")
        archive.writestr("8.jpg", b"another picture")
    entries = list(open_source(tmp_path / "t.zip"))
    assert [entry.picture for entry in entries if isinstance(entry, Item)] == [b"a picture", b"another picture"]


def test_a_table_and_its_pictures_in_one_archive(tmp_path: Path) -> None:
    data = drawn(tmp_path / "7.jpg")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("export/products.csv", "sku,title,image\n7,Mug,img/7.jpg\n8,Vase,8.JPG\n9,Lost,9.jpg\n")
        archive.writestr("export/img/7.jpg", data)
        archive.writestr("export/more/8.jpg", data)
    entries = list(open_source(tmp_path / "t.zip"))
    seven, eight = items(entries)
    assert (seven.image, seven.picture, seven.attributes) == (
        f"{tmp_path}/t.zip/export/img/7.jpg", data, {"title": "Mug"})  # fmt: skip
    assert eight.image == f"{tmp_path}/t.zip/export/more/8.jpg"
    (lost,) = rejections(entries)
    assert "no file '9.jpg' in" in lost.reason


def as_xlsx(rows: list[dict[str, str]]) -> bytes:
    workbook = openpyxl.Workbook()
    assert workbook.active is not None
    for row in (list(rows[0]), *(list(row.values()) for row in rows)):
        workbook.active.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["products.xlsx", "a/products.json", "products.jsonl", "feed.xml"])
def test_a_table_of_another_format_and_its_pictures_in_one_archive(tmp_path: Path, name: str) -> None:
    data = drawn(tmp_path / "7.jpg")
    rows = [{"sku": sku, "title": "Mug", "image": f"img/{sku}.jpg"} for sku in ("7", "8")]
    lines = [json.dumps(row) for row in rows]
    inner = ["".join(f"<{key}>{value}</{key}>" for key, value in row.items()) for row in rows]
    content = {
        "xlsx": as_xlsx(rows), "json": json.dumps(rows, indent=1), "jsonl": "\n".join(lines),
        "xml": f"<items><item>{'</item><item>'.join(inner)}</item></items>",
    }[name.rpartition(".")[2]]  # fmt: skip
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr(name, content)
        archive.writestr("img/7.jpg", data)
        archive.writestr("img/8.jpg", data)
    seven, eight = items(open_source(tmp_path / "t.zip"))
    assert (seven.item_id, seven.picture, seven.attributes) == ("7", data, {"title": "Mug"})
    assert (eight.item_id, eight.picture) == ("8", data)


def test_a_file_with_the_name_of_a_picture_is_no_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("7.jpg", drawn(tmp_path / "7.jpg"))
        archive.writestr("7.json", json.dumps({"caption": "Mug", "image": f"{CDN}/7.jpg"}))
    (item,) = items(open_source(tmp_path / "t.zip"))
    assert (item.item_id, item.attributes["caption"]) == ("7", "Mug")


@pytest.mark.parametrize("files", [["7/2.jpg", "7/10.jpg"], ["7_2.jpg", "7_10.jpg"], ["7 (2).jpg", "7 (10).jpg"]])
def test_several_pictures_named_by_the_id(tmp_path: Path, files: list[str]) -> None:
    for file in (*files, "77.jpg", "7_100.jpg"):
        drawn(tmp_path / "images" / file)
    read = written(tmp_path, "t.csv", "sku,title\n7,Mug\n")
    assert pictures(read) == [str(tmp_path / "images" / file) for file in files]
    assert {item.product_id for item in read} == {"7"}


def test_names_of_pictures_are_looked_for_in_the_folder_of_pictures(tmp_path: Path) -> None:
    drawn(tmp_path / "pictures" / "a.jpg")
    drawn(tmp_path / "pictures" / "b.jpg")
    read = written(
        tmp_path, "t.csv", "sku;image\n7;C:\\shop\\pictures\\a.jpg;C:\\shop\\pictures\\b.jpg\n8;a.jpg | b.jpg\n"
    )
    assert pictures(read)[-2:] == [str(tmp_path / "pictures" / name) for name in ("a.jpg", "b.jpg")]


def test_addresses_behind_the_cells_of_a_spreadsheet(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (
        ["SKU", "Name", "Photo", "Page"],
        [7, "Mug", f'=_xlfn.IMAGE("{CDN}/a.jpg")', "open"],
        [8, "Vase", "view", "open"],
    ):
        sheet.append(row)
    sheet["D2"] = '=HYPERLINK("https://shop.example/7","open")'
    sheet["C3"].hyperlink = f"{CDN}/b.jpg"
    sheet["B3"].hyperlink = sheet["D3"].hyperlink = "https://shop.example/8"
    workbook.save(tmp_path / "t.xlsx")
    seven, eight = items(open_source(tmp_path / "t.xlsx"))
    assert (seven.image, seven.links) == (f"{CDN}/a.jpg", ("https://shop.example/7",))
    assert (eight.image, eight.attributes) == (f"{CDN}/b.jpg", {"Name": "Vase"})


def test_pictures_in_bare_base64(tmp_path: Path) -> None:
    data = drawn(tmp_path / "7.png")
    (item,) = written(tmp_path, "t.csv", f"External ID,Name,Image\n7,Mug,{base64.b64encode(data).decode()}\n")
    assert (item.item_id, item.picture) == ("7", data)


@pytest.mark.parametrize(
    "name", ["additionalimage", "Ekstra billede 1", "Image 2 URL", "alternate_image_two", "add_image_link"]
)
def test_names_of_further_pictures(name: str) -> None:
    assert is_further_image(name)


TEMPLATE = [
    ["category", "product_name", "main_image", "image_2", "price", "seller_sku"],
    ["v3", "", "", "", "", ""],
    ["Category", "Product Name", "Main Product Image", "Product Image 2", "Retail Price", "Seller SKU"],
    ["Mandatory", "Mandatory", "Mandatory", "Optional", "Mandatory", "Optional"],
]


def test_rows_of_instructions_below_the_header_are_skipped(tmp_path: Path) -> None:
    products = [["Mugs", "Mug", f"{CDN}/{n}.jpg", f"{CDN}/{n}b.jpg", "9.90", str(n)] for n in (7, 8)]
    text = "".join(",".join(row) + "\n" for row in (*TEMPLATE, *products))
    (tmp_path / "t.csv").write_text(text)
    source = open_source(tmp_path / "t.csv")
    read = items(source)
    assert pictures(read) == [f"{CDN}/{name}.jpg" for name in ("7", "7b", "8", "8b")]
    assert (read[0].item_id, read[0].attributes["price"]) == ("7", 9.9)
    assert "3 rows of instructions below the header skipped" in source.report().sentences()


@pytest.mark.parametrize("first", ["7,Mug,,9.90", "7,Mug,to come,9.90", f"7,Mug,{CDN}/7.jpg,on request", "7,Mug,,"])
def test_a_damaged_first_product_is_no_row_of_instructions(tmp_path: Path, first: str) -> None:
    (tmp_path / "t.csv").write_text(f"sku,name,image,price\n{first}\n8,Vase,{CDN}/8.jpg,5\n9,Cup,{CDN}/9.jpg,6\n")
    assert {entry.item_id for entry in open_source(tmp_path / "t.csv")} - {""} >= {"8", "9"}
    assert len(list(open_source(tmp_path / "t.csv"))) == 3


def test_numbered_pictures_beside_a_cover(tmp_path: Path) -> None:
    read = written(
        tmp_path, "t.csv", f"sku,Cover image,Item Image 1,Item Image 2\n7,{CDN}/a.jpg,{CDN}/b.jpg,{CDN}/c.jpg\n"
    )
    assert pictures(read) == [f"{CDN}/a.jpg", f"{CDN}/b.jpg", f"{CDN}/c.jpg"]


def test_a_caption_after_the_address_of_a_picture(tmp_path: Path) -> None:
    read = written(tmp_path, "t.csv", f'Product code;Detailed image\n7;"{CDN}/a.jpg#{{[en]:Red mug;}}"\n')
    assert pictures(read) == [f"{CDN}/a.jpg"]


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ("Index/Document.iwa", "is an Apple Numbers document: export it as Excel or CSV"),
        ("word/document.xml", "is a Word document: save its table as Excel or CSV"),
    ],
)
def test_documents_are_no_archives_of_pictures(tmp_path: Path, member: str, said: str) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("[Content_Types].xml" if "word" in member else "index.zip", b"x")
        archive.writestr(member, b"x")
        archive.writestr("preview.jpg", drawn(tmp_path / "preview.jpg"))
    with pytest.raises(SourceError, match=said):
        open_source(tmp_path / "t.zip")
