"""Tables on a narrow terminal and in a pipe."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.cli.answers import print_results
from sosie.cli.tables import Column, fitted_widths
from sosie.types import Match, SearchResult

Sosie = Any
LONG = "/home/somebody/pictures of a shop/with a long name/and a longer one/picture-0001.jpg"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")


def long_match(rank: int) -> Match:
    attributes = {
        "title": f"A pair of running shoes with a long name, number {rank}",
        "brand": "The Great International Shoe Company",
        "type": "Sports > Running > Trail",
        "price": 1299.5,
        "currency": "EUR",
    }
    return Match(rank, f"p{rank}", f"item-{rank}", 0.789, 1.0, LONG, None, (), attributes, 3)


def plain(text: str) -> str:
    return re.sub(r"\x1b(\[[0-9;]*m|\]8;[^\x1b]*\x1b\\)", "", text)


@pytest.mark.usefixtures("narrow")
def test_at_80_columns_numbers_are_whole_and_the_path_gives_way(capsys: pytest.CaptureFixture[str]) -> None:
    result = SearchResult(tuple(map(long_match, range(1, 11))), "match", LONG, "trio", "provisional", {})
    print_results([result])
    _, heading, *rows = plain(capsys.readouterr().out).splitlines()
    assert heading.split()[:3] == ["#", "score", "same"]
    for rank, row in enumerate(rows, start=1):
        assert row.split()[:3] == [str(rank), "0.789", "100%"]
        assert "1299.50 EUR" in row
        assert len(row) <= 80


def test_the_path_is_left_out_before_a_title_is_cut() -> None:
    title, brand = Column("product", ("a" * 40,), least=24), Column("brand", ("b" * 12,), least=6, yields=3)
    path = Column("picture", ("c" * 60,), least=30, yields=5)
    assert fitted_widths([title, brand, path], 80) == [40, 12, 0]
    assert fitted_widths([title, brand, path], 90) == [40, 12, 36]
    assert fitted_widths([title, brand, path], 50) == [40, 9, 0]


@pytest.mark.usefixtures("narrow")
def test_the_path_comes_back_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    print_results([SearchResult((long_match(1),), "match", "q.jpg", "trio", "provisional", {})])
    assert LONG in plain(capsys.readouterr().out)


def test_nothing_is_cut_in_a_pipe(sosie: Sosie, pictures: Path, tmp_path: Path) -> None:
    item_id = "an-item-id-" * 30
    (tmp_path / "t.csv").write_text(f"item_id,image\n{item_id},{pictures / '1.jpg'}\n", encoding="utf-8")
    store = tmp_path / "s.sosie"
    assert sosie("index", tmp_path / "t.csv", "--store", store).exit_code == 0
    assert item_id in sosie("identify", pictures / "1.jpg", "--store", store).stdout
    assert item_id in sosie("search", pictures / "1.jpg", "--store", store).stdout


columns = st.builds(
    Column, st.text("x", max_size=12),
    st.lists(st.text("y", max_size=60), min_size=1, max_size=1).map(tuple),
    least=st.none() | st.integers(1, 20), yields=st.integers(0, 5),
)  # fmt: skip


@given(st.lists(columns, min_size=1, max_size=8), st.integers(10, 200))
def test_columns_fit_the_width_or_are_left_out(shown: list[Column], room: int) -> None:
    widths = fitted_widths(shown, room)
    for column, width in zip(shown, widths, strict=True):
        assert width == column.width if column.least is None else 0 <= width <= column.width
    kept = [width for width in widths if width]
    whole = [column.width for column in shown if column.least is None and column.width]
    if sum(whole) + len(whole) + 1 <= room:
        assert sum(kept) + len(kept) - 1 <= room
