"""Rows become items, whatever the format of the table."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sosie.errors import SourceError, UsageError
from sosie.sources.base import Source
from sosie.sources.opening import open_source
from sosie.sources.streamed import report_of
from sosie.sources.tables.table import TableSource
from support.tables import items, only_item, only_reason, rejections, write_csv, write_jsonl, write_parquet

Write = Callable[..., Source]


@pytest.fixture(params=["csv", "jsonl", "parquet", "json"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Write:
    """Opens a table of the given rows, in each format."""

    def write(*rows: dict[str, Any], columns: dict[str, str] | None = None) -> Source:
        path = tmp_path / f"my shop.{request.param}"
        if request.param == "json":
            path.write_text(json.dumps(rows))
        else:
            {"csv": write_csv, "jsonl": write_jsonl, "parquet": write_parquet}[request.param](path, list(rows))
        return open_source(path, columns=columns)

    return write


def test_a_whole_row(table: Write, tmp_path: Path) -> None:
    item = only_item(
        table({"item_id": "a", "product_id": "p", "image": "x y/ü.jpg", "links": "http://h/a", "brand": "Acme", "n": 3})
    )
    assert (item.item_id, item.product_id, item.links) == ("a", "p", ("http://h/a",))
    assert item.image == str(tmp_path / "x y" / "ü.jpg")
    assert item.attributes == {"brand": "Acme", "n": 3}


def test_a_mapping_renames_and_what_it_names_is_no_attribute(table: Write) -> None:
    row = {"sku": "a", "group": "p", "picture_url": "http://h/a.jpg", "page": "http://h/a", "image": "old", "n": 1}
    names = {"item_id": "sku", "product_id": "group", "image": "picture_url", "links": "page"}
    item = only_item(table(row, columns=names))
    assert (item.item_id, item.product_id, item.image, item.links) == ("a", "p", "http://h/a.jpg", ("http://h/a",))
    assert item.attributes == {"n": 1}


def test_the_product_is_the_item_where_the_row_names_none(table: Write) -> None:
    first, second = items(
        table({"item_id": "a", "product_id": "", "image": "a.jpg"}, {"item_id": "b", "product_id": "p", "image": "b"})
    )
    assert (first.product_id, second.product_id) == ("a", "p")
    assert only_item(table({"item_id": "a", "image": "a.jpg"})).product_id == "a"


def test_a_table_without_item_id_takes_the_image_as_written(table: Write) -> None:
    source = table({"image": "a/1.jpg"}, {"image": "http://h/2.jpg"})
    first, second = items(source)
    assert (first.item_id, second.item_id) == ("a/1.jpg", "http://h/2.jpg")
    assert "--column item_id=NAME" in " ".join(report_of(source).notes)


def test_numbers_as_ids_are_written_without_a_point(table: Write) -> None:
    assert only_item(table({"item_id": 12, "product_id": 7, "image": "a.jpg"})).item_id == "12"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("http://h/a.jpg", "http://h/a.jpg"),
        ("HTTPS://h/a b.jpg", "HTTPS://h/a b.jpg"),
        ("http://h/a?b=1|2", "http://h/a?b=1|2"),
        ("http://h/a | https://i/b", ["http://h/a", "https://i/b"]),
        ("http://h/a https://i/b\nhttp://j/c", ["http://h/a", "https://i/b", "http://j/c"]),
        ("http://h/a,b.jpg", "http://h/a,b.jpg"),
        (
            "http://h/a.jpg, //i/b.jpg;www.j.com/c.jpg|",
            ["http://h/a.jpg", "https://i/b.jpg", "https://www.j.com/c.jpg"],
        ),
        ('["http://h/a", "http://h/b,c"]', ["http://h/a", "http://h/b,c"]),
        ("['http://h/a', 'http://h/b']", ["http://h/a", "http://h/b"]),
        ('<img alt="x" src="http://h/a?b=1&amp;c=2">', "http://h/a?b=1&c=2"),
        ('=IMAGE("http://h/a")', "http://h/a"),
        ("/srv/a | b.jpg", "/srv/a | b.jpg"),
        ("/srv/a.jpg ", "/srv/a.jpg"),
    ],
)
def test_one_cell_may_hold_several_urls_but_a_path_is_never_split(table: Write, cell: str, expected: Any) -> None:
    expected = [expected] if isinstance(expected, str) else expected
    all_items = items(table({"item_id": "a", "image": cell, "links": "http://h/1 http://h/2"}))
    assert [item.image for item in all_items] == expected
    assert {item.product_id for item in all_items} == {"a"}
    assert all_items[0].item_id == "a"
    assert len({item.item_id for item in all_items}) == len(all_items)


def test_the_ids_of_further_pictures_stay_when_their_order_changes(table: Write) -> None:
    def ids(cell: str) -> dict[Any, str]:
        return {item.image: item.item_id for item in items(table({"item_id": "a", "image": cell}))}

    before, after = ids("http://h/1|http://h/2|http://h/3"), ids("http://h/1|http://h/3|http://h/4|http://h/2")
    assert {image: after[image] for image in before} == before


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"item_id": "a", "image": ""}, "no image: nothing in the column 'image'"),
        ({"item_id": " ", "image": "a.jpg"}, "no item id in the column 'item_id'"),
        ({"item_id": "a", "image": "s3://bucket/a.jpg"}, "neither a path nor an http"),
        ({"item_id": "a", "image": "data:image/png"}, "neither a path nor an http"),
        ({"item_id": "a", "image": "a\0.jpg"}, "zero character"),
    ],
)
def test_a_row_that_cannot_be_an_item_is_rejected_and_the_next_follows(
    table: Write, row: dict[str, Any], reason: str
) -> None:
    source = table({"item_id": "first", "image": "1.jpg"}, row, {"item_id": "last", "image": "2.jpg"})
    assert [item.item_id for item in items(source)] == ["first", "last"]
    (rejection,) = rejections(source)
    assert rejection.stage == "source"
    assert reason in rejection.reason
    assert rejection.reason.startswith(("row 2: ", "row 3: "))


def test_the_first_of_two_rows_with_one_id_stays_unless_it_is_no_item(table: Write) -> None:
    rows = [{"item_id": "a", "image": ""}, {"item_id": "a", "image": "1.jpg"}, {"item_id": "a", "image": "2.jpg"}]
    source = table(*rows)
    assert str(items(source)[0].image).endswith("1.jpg")
    assert ["no image" in rejection.reason for rejection in rejections(source)] == [True, False]


def test_reserved_and_nameless_columns_never_become_attributes(table: Write) -> None:
    row = {"item_id": "a", "product_id": "p", "image": "a", "links": "l", "content_sha256": "0", "": "7", "x": "y"}
    assert only_item(table(row)).attributes == {"x": "y"}


def test_missing_values_are_no_attributes(table: Write) -> None:
    first, second = items(
        table({"item_id": "a", "image": "a", "x": "", "y": " "}, {"item_id": "b", "image": "b", "x": "1a", "y": "z"})
    )
    assert (first.attributes, second.attributes) == ({}, {"x": "1a", "y": "z"})


def test_a_missing_image_column_names_what_is_there_and_what_is_near(table: Write) -> None:
    with pytest.raises(SourceError) as caught:
        table({"item_id": "a", "my image": "12", "brand": "c"}, {"item_id": "b", "my image": "7", "brand": "c"})
    for part in (
        "my shop",
        "'image'",
        "'item_id', 'my image', 'brand'",
        "did you mean 'my image'",
        "--column 'image=my image'",
        "--images",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize("role", ["item_id", "product_id", "image", "links"])
def test_a_mapped_column_must_be_there(table: Write, role: str) -> None:
    with pytest.raises(SourceError, match=f"no column 'nope' for {role}; it has 'item_id', 'image'"):
        table({"item_id": "a", "image": "b"}, columns={role: "nope"})


def test_only_roles_can_be_mapped(table: Write) -> None:
    with pytest.raises(
        UsageError, match="cannot map a column to 'weight': expected item_id, product_id, image, links, title"
    ):
        table({"item_id": "a", "image": "b"}, columns={"weight": "x"})


def test_a_wide_table_is_named_in_short(table: Write) -> None:
    with pytest.raises(SourceError, match="and 70 more"):
        table({f"column {n}": "x" for n in range(100)})


def test_only_reasons_of_a_row_are_short(table: Write) -> None:
    assert len(only_reason(table({"item_id": "a", "image": "ftp://" + "x" * 10_000}))) < 200


def test_the_names_of_attributes_are_known_before_the_rows_where_a_format_lists_its_columns(table: Write) -> None:
    source = table({"item_id": "1", "photo": "x.jpg", "ean": "2", "price": 4}, columns={"image": "photo"})
    assert isinstance(source, TableSource)
    names = None if "json" in str(source) else set(only_item(source).attributes)
    assert source.attribute_names() == names != set()


def test_names_within_objects_are_known_too(tmp_path: Path) -> None:
    row = {"item_id": "1", "image": "x.jpg", "size": {"width": 3, "in": {"cm": True}}}
    source = open_source(write_parquet(tmp_path / "t.parquet", [row]))
    assert isinstance(source, TableSource)
    assert source.attribute_names() == set(only_item(source).attributes) == {"size.width", "size.in.cm"}
