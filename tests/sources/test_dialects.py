"""A table that Python's csv, pandas or a spreadsheet wrote is read with the values that were written."""

import csv
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sosie.sources.opening import open_source
from support.tables import items

Table = list[dict[str, str]]
Write = Callable[[Path, Table], Path]


def by_csv(separator: str, quoting: int, ending: str) -> Write:
    def write(at: Path, table: Table) -> Path:
        with (at / "t.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(
                file,
                list(table[0]),
                delimiter=separator,
                quoting=quoting,
                lineterminator=ending,  # type: ignore[arg-type]
            )
            writer.writeheader()
            writer.writerows(table)
        return at / "t.csv"

    return write


def by_pandas(encoding: str, separator: str) -> Write:
    def write(at: Path, table: Table) -> Path:
        pd.DataFrame(table).to_csv(at / "t.csv", sep=separator, encoding=encoding, index=False)
        return at / "t.csv"

    return write


def as_excel_saves_csv(at: Path, table: Table) -> Path:
    """``sep=``, semicolons, a mark, CRLF, and marks only where they must be."""
    path = by_csv(";", csv.QUOTE_MINIMAL, "\r\n")(at, table)
    path.write_bytes(b"\xef\xbb\xbfsep=;\r\n" + path.read_bytes())
    return path


def as_workbook(at: Path, table: Table) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(table[0]))
    for row in table:
        sheet.append(list(row.values()))
    book.save(at / "t.xlsx")
    return at / "t.xlsx"


WRITERS: dict[str, Write] = {
    "csv": by_csv(",", csv.QUOTE_MINIMAL, "\r\n"),
    "csv, all quoted": by_csv(";", csv.QUOTE_ALL, "\n"),
    "csv, tabs": by_csv("\t", csv.QUOTE_MINIMAL, "\n"),
    "csv, bars": by_csv("|", csv.QUOTE_NONNUMERIC, "\n"),
    "pandas": by_pandas("utf-8", ","),
    "pandas, UTF-16": by_pandas("utf-16", "\t"),
    "Excel's CSV": as_excel_saves_csv,
}

texts = (
    st.text(
        st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs", "Cc"])
        | st.sampled_from(',;"|\t\n')
    )
    .map(str.strip)
    .filter(lambda text: text[:1] not in ("'", "=", "+", "-", "@"))
)


@pytest.mark.parametrize("writer", WRITERS)
@given(titles=st.lists(texts, min_size=1, max_size=5))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, writer: str, titles: list[str]) -> None:
    table = [{"item_id": f"i{n}", "image": f"p{n}.jpg", "title": text, "end": "e"} for n, text in enumerate(titles)]
    source = open_source(WRITERS[writer](tmp_path_factory.mktemp("dialect"), table))
    all_items = items(source)
    assert [item.item_id for item in all_items] == [row["item_id"] for row in table]
    assert [str(item.attributes.get("title", "")) for item in all_items] == _as_typed(titles, all_items)
    assert {item.attributes["end"] for item in all_items} == {"e"}


def _as_typed(titles: list[str], all_items: list) -> list[str]:  # type: ignore[type-arg]
    """Titles that all are numbers, or say that there is none, come as numbers: then only their count is compared."""
    kinds = {type(item.attributes.get("title")) for item in all_items}
    return (
        titles
        if kinds <= {str, type(None)} and str in kinds
        else [str(i.attributes.get("title", "")) for i in all_items]
    )


@given(
    titles=st.lists(
        st.text("abc äß\"',;", min_size=1).map(str.strip).filter(lambda t: t[:1] not in ("", "'")), min_size=1
    )
)
def test_a_workbook_is_read(tmp_path_factory: pytest.TempPathFactory, titles: list[str]) -> None:
    table = [{"item_id": f"i{n}", "image": f"p{n}.jpg", "title": text} for n, text in enumerate(titles)]
    all_items = items(open_source(as_workbook(tmp_path_factory.mktemp("book"), table)))
    assert [item.attributes.get("title") for item in all_items] == titles


LANGUAGES = {
    "German": ("cp1252", "Schüssel – groß, für Küche\nTöpferei\nÄpfel\nStraße"),
    "French": ("cp1252", "Théière émaillée\nPoêle à frire\nCœur\nGarçon\nnoël"),
    "Spanish": ("cp1252", "Cañón de niño\nLámpara\nÑandú\n¿Qué?"),
    "one price": ("cp1252", "12 €\n13 €"),
    "one word": ("cp1252", "plain\nCafé"),
    "Czech": ("cp1250", "Žlutý kůň\nPříliš žluťoučký\nČervený šálek"),
    "Polish": ("cp1250", "żółta łódka\nświetna jakość\ngęśl"),
    "Turkish": ("cp1254", "kırmızı şişe\nyeşil çiçek\nığdır"),
    "Russian": ("cp1251", "Синяя кружка\nКрасная чашка большая"),
    "Russian, KOI8": ("koi8_r", "Синяя кружка\nКрасная чашка большая"),
    "Greek": ("cp1253", "Μπλε κούπα\nκόκκινο πιάτο"),
    "Japanese": ("cp932", "青いマグカップ\n赤い皿"),
    "Japanese, EUC": ("euc_jp", "青いマグカップ\n赤い皿"),
    "Chinese": ("gb18030", "蓝色杯子\n红色的盘子陶瓷"),
    "Chinese, traditional": ("big5", "藍色杯子\n紅色盤子陶瓷"),
    "Korean": ("cp949", "파란 머그컵\n빨간 접시"),
    "UTF-16 without a mark": ("utf-16-le", "Schüssel\nTasse"),
    "UTF-16, big end first": ("utf-16-be", "Schüssel\nTasse"),
    "UTF-32": ("utf-32", "Schüssel\nTasse"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_encodings_are_recognized(tmp_path: Path, language: str) -> None:
    codec, lines = LANGUAGES[language]
    titles = lines.split("\n")
    text = "item_id;image;title\n" + "".join(f"{n};p.jpg;{title}\n" for n, title in enumerate(titles))
    (tmp_path / "t.csv").write_bytes(text.encode(codec))
    all_items = items(open_source(tmp_path / "t.csv"))
    assert [item.attributes.get("title") or item.attributes.get("currency") for item in all_items][-1] in (
        titles[-1],
        13,
    )


def test_a_few_foreign_bytes_in_a_file_of_utf8_are_read_and_counted(tmp_path: Path) -> None:
    rows = [f"{n},p.jpg,Größe {n}" for n in range(20)]
    content = "item_id,image,title\n" + "\n".join(rows) + "\n"
    (tmp_path / "t.csv").write_bytes(content.encode() + b"20,p.jpg,Caf\xe9\n")
    source = open_source(tmp_path / "t.csv")
    assert [item.attributes["title"] for item in items(source)][-2:] == ["Größe 19", "Café"]
    assert "1 byte that are not UTF-8" in " ".join(source.report().notes)  # type: ignore[attr-defined]
