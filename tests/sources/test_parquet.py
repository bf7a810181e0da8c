"""Parquet: the types are Arrow's."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import SourceError
from sosie.sources.opening import open_source
from sosie.sources.streamed import report_of
from support.tables import items, only_item, rejections, write_parquet

MOMENT = dt.datetime(2024, 2, 29, 12, 30, 15, 250_000)


def attribute(at: Path, value: Any, kind: pa.DataType) -> Any:
    schema = pa.schema([("item_id", pa.string()), ("image", pa.string()), ("x", kind)])
    table = pa.Table.from_pylist([{"item_id": "a", "image": "i", "x": value}], schema=schema)
    pq.write_table(table, at / "t.parquet")
    return only_item(open_source(at / "t.parquet")).attributes.get("x")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5, pa.int8(), 5),
        (2**63 - 1, pa.int64(), 2**63 - 1),
        (7, pa.uint64(), 7),
        (2.5, pa.float16(), 2.5),
        (3.0, pa.float64(), 3.0),
        (float("nan"), pa.float32(), None),
        (None, pa.int32(), None),
        (None, pa.null(), None),
        (True, pa.bool_(), True),
        ("0012", pa.large_string(), "0012"),
        ("red", pa.dictionary(pa.int32(), pa.string()), "red"),
        (Decimal("12.50"), pa.decimal128(10, 2), 12.5),
        (Decimal("12"), pa.decimal128(10, 0), 12),
        (dt.date(2024, 2, 29), pa.date32(), "2024-02-29"),
        (MOMENT, pa.timestamp("us"), "2024-02-29T12:30:15.250000"),
        (MOMENT, pa.timestamp("ns"), "2024-02-29T12:30:15.250000"),
        (MOMENT, pa.timestamp("ns", tz="UTC"), "2024-02-29T12:30:15.250000+00:00"),
        (dt.time(1, 2, 3), pa.time64("ns"), "01:02:03"),
        (["a", None, "b"], pa.list_(pa.string()), ("a", "b")),
        ([1, 2], pa.large_list(pa.int16()), ("1", "2")),
        ([], pa.list_(pa.string()), None),
        (dt.timedelta(seconds=5), pa.duration("s"), 5),
        (MOMENT, pa.timestamp("us", tz="Asia/Tokyo"), "2024-02-29T12:30:15.250000+00:00"),
        (MOMENT.replace(year=1960), pa.timestamp("ms"), "1960-02-29T12:30:15.250000"),
        (b"\xff" * 16, pa.uuid(), None),
    ],
)
def test_arrow_types_become_attributes(tmp_path: Path, value: Any, kind: pa.DataType, expected: Any) -> None:
    values = attribute(tmp_path, value, kind)
    assert (values, type(values)) == (expected, type(expected))


def test_nanoseconds_are_cut_off(tmp_path: Path) -> None:
    assert attribute(tmp_path, 1_500_000_000_123_456_789, pa.timestamp("ns")) == "2017-07-14T02:40:00.123456"


def test_structs_are_flattened(tmp_path: Path) -> None:
    row = {"item_id": "a", "image": "i", "size": {"width": 3, "unit": "cm"}}
    assert only_item(open_source(write_parquet(tmp_path / "t.parquet", [row]))).attributes == {
        "size.width": 3,
        "size.unit": "cm",
    }


@pytest.mark.parametrize(
    "kind", [pa.binary(), pa.list_(pa.float32()), pa.list_(pa.list_(pa.string())),
             pa.map_(pa.string(), pa.string()), pa.struct([("raw", pa.binary())])]
)  # fmt: skip
def test_a_column_of_another_type_is_left_out_and_reported(tmp_path: Path, kind: pa.DataType) -> None:
    assert attribute(tmp_path, None, kind) is None
    source = open_source(tmp_path / "t.parquet")
    assert len(items(source)) == 1
    assert kind == pa.binary() or "x" in report_of(source).left_out


def test_lists_of_images_and_numbers_as_ids(tmp_path: Path) -> None:
    row = {"item_id": 12.0, "image": ["http://h/a", "b.jpg"], "links": ["http://h/p"]}
    item, view = items(open_source(write_parquet(tmp_path / "t.parquet", [row])))
    assert (item.item_id, item.links) == ("12", ("http://h/p",))
    assert (item.image, view.image) == ("http://h/a", str(tmp_path / "b.jpg"))
    assert view.product_id == "12"


@pytest.mark.parametrize(
    "cell", [b"picture", {"bytes": b"picture", "path": "p.jpg"}, [{"bytes": b"picture", "path": None}]]
)
def test_pictures_inside_the_table_come_with_their_item(tmp_path: Path, cell: Any) -> None:
    item = only_item(open_source(write_parquet(tmp_path / "t.parquet", [{"item_id": "a", "image": cell, "n": 1}])))
    assert (item.picture, item.attributes) == (b"picture", {"n": 1})
    assert open_source(tmp_path / "t.parquet").count() == 1


def test_partitions_are_columns(tmp_path: Path) -> None:
    for brand in ("Acme", "Bolt"):
        (tmp_path / "t" / f"brand={brand}").mkdir(parents=True)
        write_parquet(tmp_path / "t" / f"brand={brand}" / "part-0.parquet", [{"item_id": brand[0], "image": "x.jpg"}])
    values = items(open_source(tmp_path / "t"))
    assert [(item.item_id, item.attributes) for item in values] == [("A", {"brand": "Acme"}), ("B", {"brand": "Bolt"})]


def test_rows_are_numbered_through_all_batches(tmp_path: Path) -> None:
    rows = [{"item_id": str(n), "image": "" if n == 2999 else "x"} for n in range(3000)]
    source = open_source(write_parquet(tmp_path / "t.parquet", rows))
    assert len(items(source)) == 2999
    assert rejections(source)[0].reason.startswith("row 3000: ")


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and then nothing of the kind")
    with pytest.raises(SourceError, match=r"t\.parquet cannot be read as Parquet"):
        open_source(tmp_path / "t.parquet")


def test_a_damaged_page_is_a_source_error(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "t.parquet", [{"item_id": str(n), "image": "x"} for n in range(3000)])
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    source = open_source(path)
    with pytest.raises(SourceError, match="damaged"):
        list(source)


def test_of_two_columns_of_one_name_the_later_gets_a_number(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"])] * 4, names=["item_id", "image", "x", "x"])
    pq.write_table(table, tmp_path / "t.parquet")
    source = open_source(tmp_path / "t.parquet")
    assert only_item(source).attributes == {"x": "a", "x_2": "a"}
    assert "'x_2'" in " ".join(report_of(source).notes)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)
typed = (
    st.lists(texts | st.none(), min_size=1)
    | st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), min_size=1)
    | st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1)
    | st.lists(st.booleans() | st.none(), min_size=1)
    | st.lists(st.lists(texts, min_size=1), min_size=1)
)


@given(values=typed)
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    rows = [{"item_id": str(n), "image": "x", "c": value} for n, value in enumerate(values)]
    source = open_source(write_parquet(tmp_path_factory.mktemp("parquet") / "t.parquet", rows))
    values = [item.attributes.get("c") for item in items(source)]
    expected = [tuple(value) if isinstance(value, list) else value for value in values]
    assert values == expected
    assert list(map(type, values)) == list(map(type, expected))
