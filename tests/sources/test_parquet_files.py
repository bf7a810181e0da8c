"""Parquet as other programs write and read it: pyarrow is the oracle."""

import datetime as dt
import math
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import SourceError
from sosie.sources.formats.parquet import ParquetRows
from sosie.sources.report import Journal
from sosie.support.parquet import ParquetFile, ParquetWriter

texts = st.text(st.characters(exclude_categories=["Cs"]))
moments = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1))
VALUES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), texts),
    (pa.large_string(), texts),
    (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["red", "blue"])),
    (pa.binary(), st.binary()),
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-(2**7), 2**7 - 1)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float32(), st.floats(width=32, allow_nan=False)),
    (pa.float64(), st.floats(allow_nan=False)),
    (pa.decimal128(20, 3), st.decimals(-(10**15), 10**15, places=3)),
    (pa.date32(), st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1))),
    (pa.timestamp("us"), moments),
    (pa.timestamp("us", tz="UTC"), moments),
    (pa.time64("us"), st.times()),
    (pa.list_(pa.string()), st.lists(texts | st.none())),
    (pa.list_(pa.int16()), st.lists(st.integers(-(2**15), 2**15 - 1))),
    (pa.struct([("a", pa.int32()), ("b", pa.struct([("c", pa.string())]))]),
     st.fixed_dictionaries({"a": st.integers(0, 9), "b": st.fixed_dictionaries({"c": texts})})),
    (pa.list_(pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
     st.lists(st.fixed_dictionaries({"bytes": st.binary(), "path": texts}))),
]  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    count = draw(st.integers(0, 5))
    columns = draw(st.lists(st.sampled_from(VALUES), min_size=1, max_size=5))
    names = draw(st.lists(texts.filter(bool), min_size=len(columns), max_size=len(columns), unique=True))
    cells = [draw(st.lists(values | st.none(), min_size=count, max_size=count)) for _, values in columns]
    arrays = [pa.array(row, kind) for row, (kind, _) in zip(cells, columns, strict=True)]
    return pa.Table.from_arrays(arrays, names=names)


@given(table=tables(), codec=st.sampled_from(["snappy", "zstd", "gzip", "brotli", "lz4", "none"]), plain=st.booleans())
def test_the_rows_are_those_that_pyarrow_reads(
    table: pa.Table, codec: Any, plain: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    pq.write_table(table, path, compression=codec, store_schema=not plain, row_group_size=2)
    rows = [row for _, row in ParquetRows(path).read(Journal())]
    assert rows == pq.read_table(path).to_pylist()


@pytest.mark.parametrize("name", ["*.parquet", "[ab]?.parquet", "a'b\".parquet", "{x}.parquet"])
def test_a_file_name_is_no_pattern(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    pq.write_table(pa.table({"x": ["other"]}), tmp_path / "a0.parquet")
    with ParquetWriter(path, {"x": "VARCHAR"}) as writer:
        writer.write([{"x": "own"}])
    assert list(ParquetFile(path).batches([0], 10)) == [[("own",)]]
    assert pq.ParquetFile(path).read().to_pylist() == [{"x": "own"}]


@given(data=st.data())
def test_damage_anywhere_is_a_source_error_or_goes_unnoticed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    pq.write_table(pa.table({"x": [str(n) for n in range(50)], "tags": [["a"]] * 50}), path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=5)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(SourceError):
        assert len(list(ParquetRows(path).read(Journal()))) < 2**20


@given(rows=st.lists(st.fixed_dictionaries({}, optional={
    "Text": texts, 'a "b"': st.lists(texts), "n": st.integers(-(2**63), 2**63 - 1), "x": st.floats(
        allow_nan=False, allow_infinity=False), "yes": st.booleans(), "v": st.lists(st.floats(width=32, allow_nan=False,
        allow_infinity=False), min_size=3, max_size=3)})))  # fmt: skip
def test_pyarrow_reads_what_is_written(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("parquet") / "t.parquet"
    kinds = {"Text": "VARCHAR", 'a "b"': "VARCHAR[]", "n": "BIGINT", "x": "DOUBLE", "yes": "BOOLEAN", "v": "FLOAT[]"}
    with ParquetWriter(path, kinds, {"mark": "it's"}) as writer:
        writer.write(rows)
    table = pq.read_table(path)
    assert table.to_pylist() == [{name: row.get(name) for name in kinds} for row in rows]
    assert table.schema.types == [
        pa.string(), pa.list_(pa.field("element", pa.string())), pa.int64(), pa.float64(), pa.bool_(),
        pa.list_(pa.field("element", pa.float32())),
    ]  # fmt: skip
    assert table.schema.metadata == {b"mark": b"it's"}
    assert list(path.parent.iterdir()) == [path]


def test_names_that_differ_only_in_case_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with ParquetWriter(path, {"Title": "VARCHAR", "title": "VARCHAR"}) as writer:
        writer.write([{"Title": "a", "title": "b"}])
    assert [row for _, row in ParquetRows(path).read(Journal())] == [{"Title": "a", "title": "b"}]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"), ParquetWriter(tmp_path / "t.parquet", {"x": "DOUBLE"}) as writer:
        writer.write([{"x": math.inf}])
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_many_groups_keeps_its_order(tmp_path: Path) -> None:
    with ParquetWriter(tmp_path / "t.parquet", {"n": "BIGINT"}) as writer:
        writer.write({"n": n} for n in range(20_000))
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 3
    batches = ParquetFile(tmp_path / "t.parquet").batches([0], 1000)
    assert [value for batch in batches for (value,) in batch] == list(range(20_000))
