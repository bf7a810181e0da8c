"""One quotation mark too many or too few costs at most the rows that it touches, and the report counts them."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.sources.opening import open_source
from sosie.types import Item

Rows = list[tuple[str, str]]

words = st.text(st.sampled_from('abc ,;"é'), max_size=12).map(str.strip)
several_lines = (
    st.lists(st.text("abc é.", min_size=1, max_size=9), min_size=2, max_size=3).map("\n".join).map(str.strip)
)


def written(rows: Rows, separator: str, quoting: Any) -> list[str]:
    """The text of each row, header first."""
    texts = []
    for row in [("item_id", "image", "title", "note"), *((str(n), f"p{n}.jpg", *row) for n, row in enumerate(rows))]:
        out = io.StringIO()
        csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n").writerow(row)
        texts.append(out.getvalue())
    return texts


def read(at: Path, text: str) -> dict[str, tuple[str, str]]:
    """Titles and notes by item_id; every row that is no item is a rejection."""
    path = at / "t.csv"
    path.write_text(text, encoding="utf-8", newline="")
    entries = list(open_source(path))
    return {
        entry.item_id: (str(entry.attributes.get("title", "")), str(entry.attributes.get("note", "")))
        for entry in entries
        if isinstance(entry, Item)
    }


@given(
    rows=st.lists(st.tuples(words | several_lines, words), min_size=2, max_size=6),
    separator=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    data=st.data(),
)
def test_a_damaged_separator_or_quote_affects_only_its_own_row(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, separator: str, quoting: Any, data: st.DataObject
) -> None:
    at = tmp_path_factory.mktemp("damage")
    texts = written(rows, separator, quoting)
    sound = read(at, "".join(texts))
    assert set(sound) == {str(n) for n in range(len(rows))}
    touched = data.draw(st.integers(0, len(rows) - 1))
    text = texts[touched + 1]
    marks = [place for place, character in enumerate(text) if character == '"']
    how = data.draw(st.sampled_from(["insert", *(["delete", "double"] if marks else [])]))
    place = data.draw(st.sampled_from(marks) if how != "insert" else st.integers(0, len(text) - 1))
    texts[touched + 1] = (
        text[:place] + {"insert": '"', "delete": "", "double": '""'}[how] + text[place + (how != "insert") :]
    )
    damaged = read(at, "".join(texts))
    untouched = {item_id: values for item_id, values in sound.items() if item_id != str(touched)}
    assert {item_id: damaged.get(item_id) for item_id in untouched} == untouched


def test_the_count_of_lines_that_could_not_be_read_is_exact(tmp_path: Path) -> None:
    rows = [f"{n},p{n}.jpg,title {n}" for n in range(500)]
    broken = range(7, 500, 50)
    for n in broken:
        rows[n] += ",surplus,cells"
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["item_id,image,title", *rows]))
    source = open_source(path)
    assert sum(isinstance(entry, Item) for entry in source) == 500 - len(broken)
    assert source.report().skipped_lines == len(broken)  # type: ignore[attr-defined]
