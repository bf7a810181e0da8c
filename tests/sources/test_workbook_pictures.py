"""Pictures within spreadsheets."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.drawing.image import Image as Picture

from sosie.sources.opening import open_source
from support.pictures import draw_picture, encode
from support.tables import items

CDN = "https://cdn.example"


def drawn(number: int) -> bytes:
    return encode(draw_picture(number, (32, 32)))


def workbook(path: Path, header: list[str], column: str, rows: list[list[object]]) -> Path:
    """A sheet with logos above the header, and a picture for each row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Price list of Acme"], [], header, *rows):
        sheet.append(row)
    for logo in (1, 2, 3):
        sheet.add_image(Picture(io.BytesIO(drawn(90 + logo))), f"A{logo}")
    for number in range(len(rows)):
        sheet.add_image(Picture(io.BytesIO(drawn(number))), f"{column}{number + 4}")
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("header", "column"),
    [
        (["Item No.", "Picture", "Description", "Price"], "B"),
        (["Item No.", "", "Description", "Price"], "B"),
        (["Item No.", "Front", "Description", "Price"], "B"),
        (["Item No.", "Front", "Description", "Price"], "F"),
    ],
)
def test_pictures_on_the_cells_of_a_row(tmp_path: Path, header: list[str], column: str) -> None:
    path = workbook(tmp_path / "t.xlsx", header, column, [["7", None, "Mug", 9.9], ["8", None, "Vase", 5.5]])
    seven, eight = items(open_source(path))
    assert (seven.item_id, seven.attributes["Price"]) == ("7", 9.9)
    assert [item.picture for item in (seven, eight)] == [drawn(0), drawn(1)]


def test_addresses_have_priority_over_pictures_on_cells(tmp_path: Path) -> None:
    rows: list[list[object]] = [[n, "Mug", f"{CDN}/{n}.jpg"] for n in (7, 8)]
    path = workbook(tmp_path / "t.xlsx", ["SKU", "Name", "Image URL"], "B", rows)
    assert [item.image for item in items(open_source(path))] == [f"{CDN}/7.jpg", f"{CDN}/8.jpg"]


def test_several_pictures_of_a_row_are_its_views(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ["SKU", "Name", "Photo"], "C", [["7", "Mug"], ["8", "Vase"]])
    book = openpyxl.load_workbook(path)
    book.active.add_image(Picture(io.BytesIO(drawn(5))), "D4")  # type: ignore[union-attr]
    book.save(path)
    found = items(open_source(path))
    assert [(item.product_id, item.picture) for item in found] == [("7", drawn(0)), ("7", drawn(5)), ("8", drawn(1))]


def test_pictures_that_wps_stores_for_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["SKU", "图片", "Name"], ["7", '=DISPIMG("ID_A",1)', "Mug"]):
        sheet.append(row)
    sheet["B2"].data_type = "s"
    book.save(path)
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/media/image1.jpg", drawn(3))
        archive.writestr("xl/cellimages.xml", (
            f'<e:cellImages xmlns:e="http://www.wps.cn/officeDocument/2017/etCustomData" xmlns:r="{relations}" '
            f'xmlns:x="{drawing}/spreadsheetDrawing" xmlns:a="{drawing}/main"><e:cellImage><x:pic><x:nvPicPr>'
            '<x:cNvPr id="1" name="ID_A"/></x:nvPicPr><x:blipFill><a:blip r:embed="rId1"/></x:blipFill></x:pic>'
            "</e:cellImage></e:cellImages>"))  # fmt: skip
        archive.writestr("xl/_rels/cellimages.xml.rels", (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{relations}/image" Target="media/image1.jpg"/>'
            "</Relationships>"))  # fmt: skip
    (item,) = items(open_source(path))
    assert (item.item_id, item.picture, item.attributes) == ("7", drawn(3), {"Name": "Mug"})
