"""JSON Lines and arrays: the types are JSON's."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.errors import SourceError
from sosie.sources.opening import open_source
from sosie.sources.streamed import report_of
from sosie.types import AttributeValue, Rejection
from support.tables import items, only_item, only_reason, rejections, write_jsonl

ROW = {"item_id": "a", "image": "x"}


def attributes(at: Path, row: Any) -> Any:
    return only_item(open_source(write_jsonl(at / "t.jsonl", [{**ROW, **row}]))).attributes


def reason(at: Path, row: Any) -> str:
    return only_reason(open_source(write_jsonl(at / "t.jsonl", [{**ROW, **row}])))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (3.0, 3.0),
        (True, True),
        ("0012", "0012"),
        (["red", "blue"], ("red", "blue")),
        ([41, 42, None], ("41", "42")),
        (2**63 - 1, 2**63 - 1),
    ],
)
def test_types_are_kept(tmp_path: Path, value: Any, expected: Any) -> None:
    value = attributes(tmp_path, {"x": value})["x"]
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize("value", [None, "", "  ", [], [None], {}, float("nan")])
def test_missing_values(tmp_path: Path, value: Any) -> None:
    assert attributes(tmp_path, {"x": value}) == {}


def test_objects_are_flattened(tmp_path: Path) -> None:
    value = attributes(tmp_path, {"size": {"width": 3, "shop": {"eu": "M", "us": None}}})
    assert value == {"size.width": 3, "size.shop.eu": "M"}


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ({"item_id": 1.5}, "column 'item_id': expected text or a whole number, found 1.5"),
        ({"item_id": ["a"]}, "column 'item_id'"),
        ({"item_id": "\udfff"}, "column 'item_id'"),
        ({"product_id": True}, "column 'product_id'"),
        ({"image": 5}, "column 'image': expected text or a list of texts, found int"),
        ({"image": {"bytes": "x"}}, "column 'image'"),
        ({"image": "\ud800"}, "column 'image'"),
    ],
)
def test_what_no_id_and_no_picture_can_be_rejects_the_row(tmp_path: Path, row: Any, part: str) -> None:
    value = reason(tmp_path, row)
    assert value.startswith("row 1: ")
    assert part in value
    value.encode()


@pytest.mark.parametrize(
    ("row", "column", "part"),
    [
        ({"x": [{"a": 1}]}, "x", "a list of dict; expected a list of texts"),
        ({"x": [1.5]}, "x", "a list of float"),
        ({"x": [["a"]]}, "x", "a list of list"),
        ({"x": [True]}, "x", "a list of bool"),
        ({"x": float("inf")}, "x", "a number that is infinite"),
        ({"x": 2**63}, "x", "does not fit into 64 bits"),
        ({"x": "\ud800"}, "x", "half of a surrogate pair"),
        ({"\ud800": "x"}, "\\ud800", "half of a surrogate pair"),
    ],
)
def test_unsuitable_columns_are_left_out_and_reported_once(tmp_path: Path, row: Any, column: str, part: str) -> None:
    source = open_source(write_jsonl(tmp_path / "t.jsonl", [{**ROW, **row}, {**ROW, "item_id": "b", **row}]))
    assert [item.attributes for item in items(source)] == [{}, {}]
    report = report_of(source)
    assert part in report.left_out[column]
    "".join(report.sentences()).encode()


def test_a_second_value_for_one_attribute_is_left_out_and_reported(tmp_path: Path) -> None:
    source = open_source(write_jsonl(tmp_path / "t.jsonl", [{**ROW, "a": {"b": 1}, "a.b": 2, "links": {"a": "b"}}]))
    assert only_item(source).attributes == {"a.b": 1}
    assert {misfit.what for misfit in report_of(source).misfits} == {"'a.b'", "'links'"}


def test_lists_of_images_and_links(tmp_path: Path) -> None:
    row = {"item_id": 1.0, "image": ["http://h/a", None, " ", "b.jpg"], "links": ["http://h/p", "see page 3"]}
    item, view = items(open_source(write_jsonl(tmp_path / "t.ndjson", [row])))
    assert (item.item_id, item.image) == ("1", "http://h/a")
    assert (view.product_id, view.image) == ("1", str(tmp_path / "b.jpg"))
    assert item.links == view.links == ("http://h/p", "see page 3")


def test_lines_that_are_no_objects_are_rejected_and_the_others_go_on(tmp_path: Path) -> None:
    good = json.dumps(ROW).encode()
    lines = [b"\xef\xbb\xbf" + good, b"", b"{broken", b"[1]", b'"x"', b'{"item_id": "\xff"}', b"[" * 9999 + b"]" * 9999,
             b'{"item_id": "b", "image": "x"}\r', b'{"item_id": 1' + b"0" * 5000 + b"}"]  # fmt: skip
    (tmp_path / "t.jsonl").write_bytes(b"\n".join(lines))
    source = open_source(tmp_path / "t.jsonl")
    assert [item.item_id for item in items(source)] == ["a", "b"]
    assert [rejection.reason.split(":")[0] for rejection in rejections(source)] == [
        f"row {n}" for n in (3, 4, 5, 6, 7, 9)
    ]


def test_columns_that_come_late_are_found(tmp_path: Path) -> None:
    rows = [{"image": f"{n}.jpg"} for n in range(50)]
    source = open_source(write_jsonl(tmp_path / "t.jsonl", [*rows, {"item_id": "late", "image": "x", "web": "http://h"}]),
                         columns={"links": "web"})  # fmt: skip
    assert [item.item_id for item in items(source)] == ["late"]
    assert len(rejections(source)) == 50


def test_an_array_by_the_wrong_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text(" [" + json.dumps(ROW) + "]")
    assert only_item(open_source(tmp_path / "t.jsonl")).item_id == "a"


def test_an_array_that_is_cut_off_says_so_after_what_could_be_read(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text("[" + json.dumps(ROW) + ", {")
    reading = iter(open_source(tmp_path / "t.json"))
    assert not isinstance(next(reading), Rejection)
    with pytest.raises(SourceError, match=r"t\.json is not one JSON value .*cut off"):
        next(reading)


def test_an_array_of_other_things_is_rejected_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('\ufeff[1.5, {"item_id": "a", "image": "b", "price": 2.50, "n": 1e400}, null]')
    with pytest.raises(SourceError, match="no column 'url'"):
        open_source(tmp_path / "t.json", columns={"image": "url"})
    assert ["object" in rejection.reason for rejection in rejections(open_source(tmp_path / "t.json"))] == [True, True]


texts = (
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
    .map(str.strip)
    .filter(lambda text: text[:1] not in "'=")
)
values = (
    texts
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.lists(texts.filter(bool), min_size=1)
)


@pytest.mark.parametrize("ending", ["jsonl", "json"])
@given(row=st.dictionaries(texts.map(lambda name: "c" + name), values))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, ending: str, row: dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("json") / f"t.{ending}"
    text = json.dumps({**ROW, **row})
    path.write_text(f"[{text}]" if ending == "json" else text)
    value = only_item(open_source(path)).attributes
    expected: dict[str, AttributeValue] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    assert value == expected
    assert {name: type(value) for name, value in value.items()} == {name: type(v) for name, v in expected.items()}


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("json") / "t.jsonl"
    path.write_bytes(json.dumps(ROW).encode() + b"\n" + content)
    assert next(iter(open_source(path))).item_id == "a"
    assert open_source(path).count() == len(list(open_source(path)))
