"""CSV: how it is written, and what type a column has."""

import csv
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import SourceError
from sosie.sources.opening import open_source
from sosie.sources.streamed import report_of
from support.shared import shared
from support.tables import items, only_item, rejections, write_csv


def column(at: Path, *cells: str) -> list[Any]:
    """The values of a column of these cells, None if the attribute is missing."""
    table = write_csv(at / "t.csv", [{"item_id": n, "image": "x", "c": cell} for n, cell in enumerate(cells)])
    return [item.attributes.get("c") for item in items(open_source(table))]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2.5", "-3e2", ".5", " 7 "], [1, 2.5, -300.0, 0.5, 7]),
        (["1", "", "2"], [1, None, 2]),
        (["1", "NaN", "nan"], [1, math.nan, math.nan]),
        (["true", "False", "TRUE"], [True, False, True]),
        (["true", "1"], ["true", "1"]),
        (["0012345678905", "4006381333931"], ["0012345678905", "4006381333931"]),
        (["4006381333931", "0"], [4006381333931, 0]),
        (["1234567890123456", "1"], ["1234567890123456", "1"]),
        (["1", "n/a"], [1, None]),
        (["1", "soon", "2"], ["1", "soon", "2"]),
        (["inf", "1"], ["inf", "1"]),
        (["1e999", "1"], ["1e999", "1"]),
        (["12,99", "5"], [12.99, 5]),
        (["36,37", "5"], ["36,37", "5"]),
        (["1.299", "2.5"], [1.299, 2.5]),
        (["1.299", "19,90", "2.500"], [1299, 19.9, 2500]),
        (["1,299.00", "1.50", "n/a"], [1299.0, 1.5, None]),
        (["€ 1.299", "€ 19"], [1299, 19]),
        (["₹1,29,900", "₹360"], [129900, 360]),
        (["CHF 1'299.00", "12.50 CHF", "Fr. 9.–"], [1299.0, 12.5, 9]),
        (["1 299,00 €", "−5,00 €"], [1299.0, -5.0]),
        (["20.05.2024", "21.05.2024"], ["20.05.2024", "21.05.2024"]),
        (["1.2.3", "1.10.0"], ["1.2.3", "1.10.0"]),
        (["192.168.0.1", "10.0.0.1"], ["192.168.0.1", "10.0.0.1"]),
        (["030 123 456", "040 123 456"], ["030 123 456", "040 123 456"]),
        (["10%", "5%"], ["10%", "5%"]),
        (["'0012", "'0013"], ["0012", "0013"]),
        (["١٢", "5"], ["١٢", "5"]),
        (["+49", "1_000"], ["+49", "1_000"]),
        ([" kept "], ["kept"]),
    ],
)
def test_a_column_has_the_type_of_all_its_cells(tmp_path: Path, cells: list[str], expected: list[Any]) -> None:
    values = column(tmp_path, *cells)
    assert [None if value != value else value for value in expected] == values
    assert [type(value) for value in values] == [type(None) if value != value else type(value) for value in expected]


def test_a_column_is_typed_by_its_last_cell_too(tmp_path: Path) -> None:
    assert set(map(type, column(tmp_path, *["1"] * 50, *["x"] * 50))) == {str}


def test_a_few_values_that_do_not_fit_fail_alone_and_are_reported(tmp_path: Path) -> None:
    cells = [*["1"] * 200, "x", "y"]
    assert column(tmp_path, *cells) == [*[1] * 200, None, None]
    source = open_source(tmp_path / "t.csv")
    assert len(items(source)) == 202
    (misfit,) = report_of(source).misfits
    assert (misfit.count, misfit.examples) == (2, ("'x'", "'y'"))


def test_ids_and_images_stay_as_they_are_written(tmp_path: Path) -> None:
    item = only_item(
        open_source(write_csv(tmp_path / "t.csv", [{"item_id": "1.50", "product_id": "1e3", "image": "1"}]))
    )
    assert (item.item_id, item.product_id, item.image) == ("1.50", "1e3", str(tmp_path / "1"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["csv", "tsv", "TXT"])
def test_separators_and_encodings(tmp_path: Path, delimiter: str, encoding: str, ending: str) -> None:
    row = {"item_id": "ä", "image": "x,y.jpg", "title": 'a "quoted"; cell,\twith\neverything', "price": "1.5"}
    item = only_item(open_source(write_csv(tmp_path / f"t.{ending}", [row], delimiter, encoding)))
    assert (item.item_id, item.image) == ("ä", str(tmp_path / "x,y.jpg"))
    assert item.attributes == {"title": row["title"], "price": 1.5}


def test_a_header_with_another_separator_in_a_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('item_id,image,"size; in cm"\na,b,7\n')
    assert only_item(open_source(tmp_path / "t.csv")).attributes == {"size; in cm": 7}


def test_one_column_and_blank_lines(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("\n image \n\na.jpg\n,\n\nb.jpg\n")
    values = list(open_source(tmp_path / "t.csv"))
    assert [value.item_id for value in values] == ["a.jpg", "b.jpg"]


def test_rows_that_are_short_or_have_stray_quotes_are_read_and_others_rejected_with_their_number(
    tmp_path: Path,
) -> None:
    (tmp_path / "t.csv").write_text(
        'item_id,image,n\na,1.jpg,1\nb,2.jpg\nc,3.jpg,3,4\nd,"4"x.jpg,4\n,,\ne,5.jpg,5\nf,"never closed,6\n'
    )
    source = open_source(tmp_path / "t.csv")
    values = [(item.item_id, Path(str(item.image)).name, item.attributes.get("n")) for item in items(source)]
    assert values == [
        ("a", "1.jpg", 1),
        ("b", "2.jpg", None),
        ("d", '"4"x.jpg', 4),
        ("e", "5.jpg", 5),
        ("f", '"never closed', 6),
    ]
    assert [value.reason.partition(":")[0] for value in rejections(source)] == ["row 4"]
    assert source.count() == 6


def test_a_cell_beyond_the_limit_of_pythons_csv_is_read(tmp_path: Path) -> None:
    long = "y, " * csv.field_size_limit()
    rows = [{"item_id": n, "image": "x", "t": long if n == 1 else "z"} for n in range(3)]
    source = open_source(write_csv(tmp_path / "t.csv", rows))
    assert [item.attributes["t"] for item in items(source)] == ["z", long.strip(), "z"]


def test_another_encoding_is_recognized_and_reported(tmp_path: Path) -> None:
    lines = "".join(f"{n},x,caf\n" for n in range(5000)) + "5000,x,café\n"
    (tmp_path / "t.csv").write_bytes(b"item_id,image,t\n" + lines.encode("latin-1"))
    source = open_source(tmp_path / "t.csv")
    assert items(source)[-1].attributes == {"t": "café"}
    assert "Windows-1252" in " ".join(report_of(source).notes)


def test_of_two_columns_of_one_name_the_later_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("item_id,image,x,x\na,b,1,2\n")
    source = open_source(tmp_path / "t.csv")
    assert only_item(source).attributes == {"x": 1, "x_2": 2}
    assert "'x_2'" in " ".join(report_of(source).notes)


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "t.csv").touch()
    with pytest.raises(SourceError, match="no column 'image' for image; it has none"):
        open_source(tmp_path / "t.csv")


def test_a_header_alone_is_an_empty_source(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("item_id,image\n")
    assert open_source(tmp_path / "t.csv").count() == 0


def test_a_cell_that_changed_after_the_types_were_found_fails_alone(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "t.csv", [{"item_id": "a", "image": "x", "c": "1"}])
    source = open_source(table)
    assert only_item(source).attributes == {"c": 1}
    table.write_text(table.read_text().replace(",1", ",soon"))
    assert only_item(source).attributes == {}


texts = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
    .map(str.strip)
    .filter(lambda text: text[:1] not in "'=")
)
numbers = st.integers(-(10**15) + 1, 10**15 - 1) | st.floats(allow_nan=False, allow_infinity=False)
typed = st.lists(numbers, min_size=1) | st.lists(st.booleans(), min_size=1) | st.lists(texts).map(lambda t: [*t, "x"])


@given(values=typed, delimiter=st.sampled_from(",;\t"))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, values: list[Any], delimiter: str) -> None:
    at = tmp_path_factory.mktemp("csv")
    rows = [{"item_id": n, "image": "x", "c": value} for n, value in enumerate(values)]
    values = [item.attributes["c"] for item in items(open_source(write_csv(at / "t.csv", rows, delimiter)))]
    assert values == values
    assert list(map(type, values)) == list(map(type, values))


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_bytes(b"item_id,image,x\n" + content)
    assert open_source(path).count() == len(list(open_source(path)))


def test_the_real_catalogs() -> None:
    grocery = items(open_source(shared("data/grocery_store/catalogue.csv")))
    assert len({item.product_id for item in grocery}) == len(grocery) == 81
    assert all(Path(str(item.image)).is_file() for item in grocery)
    assert set(grocery[0].attributes) == {"title", "group", "category", "description"}
    eshop = items(open_source(shared("data/eshop_catalog/catalog.csv")))
    assert len(eshop) == 101
    assert {type(item.attributes["price"]) for item in eshop} <= {int, float}
    assert {type(item.attributes["title"]) for item in eshop} == {str}
