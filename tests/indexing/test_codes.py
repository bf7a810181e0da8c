"""Article numbers of items are brought to digits and counted."""

from typing import Any

import pytest

from sosie.codes.gtin import gtin_digits
from sosie.indexing.codes import CodeSurvey
from sosie.types import Item, Rejection


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("4006381333931", "4006381333931"),
        (" 4006381-333931 ", "4006381333931"),
        ("400.638.1333931", "4006381333931"),
        ("978-3-16-148410-0", "9783161484100"),
        ("036000291452", "036000291452"),
        ("36000291452", "036000291452"),
        ("96385074", "96385074"),
        ("(01)04006381333931(10)AB", "4006381333931"),
        ("https://id.gs1.org/01/04006381333931", "4006381333931"),
        ("4006381333932", None),
        ("1234567890", None),
        ("0000000000000", None),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", None),
        ("4.00638E+12", None),
        ("", None),
    ],
)
def test_a_cell_holds_the_digits_of_a_number_with_a_right_check_digit(text: str, digits: str | None) -> None:
    assert gtin_digits(text) == digits


def brought(*attributes: dict[str, Any], named: str | None = None) -> tuple[list[dict[str, Any]], list[str]]:
    survey = CodeSurvey(named)
    items = [Item(f"i{n}", "p", "1.jpg", attributes=entry) for n, entry in enumerate(attributes)]
    entries = survey.bring([Rejection("x", "source", "no image"), *items])
    return [dict(entry.attributes) for entry in entries if isinstance(entry, Item)], list(survey.notes())


def test_codes_become_digits_and_items_with_a_valid_one_are_counted() -> None:
    items, notes = brought(
        {"ean": "4006381-333931", "title": "400-1"},
        {"ean": "none"},
        {"EAN": 4006381333931},
        {},
        {"gtin": ("96385074", "x")},
    )
    assert items == [
        {"ean": "4006381333931", "title": "400-1"}, {"ean": "none"}, {"EAN": "4006381333931"}, {},
        {"gtin": ("96385074", "x")},
    ]  # fmt: skip
    assert notes[0] == "with a valid GTIN in 'EAN', 'ean', 'gtin': 3 of 5 items"
    assert notes[1] == "wrong length or check digit for a GTIN in 'ean': 1 value, e.g. 'none'"


def test_a_column_that_a_spreadsheet_damaged_is_named() -> None:
    items, notes = brought({"ean": "4.00638E+12"}, {"ean": "4,00638e12"}, {"ean": 4006380000000}, {"ean": 4.00638e12})
    assert items[0] == {"ean": "4.00638E+12"}
    [_, damaged] = notes
    assert "the column 'ean' looks damaged by a spreadsheet: 4 values such as '4.00638E+12'" in damaged


def test_an_attribute_that_is_named_holds_codes_too() -> None:
    items, notes = brought({"number": "4006381 333931"}, named="number")
    assert items == [{"number": "4006381333931"}]
    assert notes == ["with a valid GTIN in 'number': 1 of 1 item"]


def test_without_codes_there_is_nothing_to_say() -> None:
    assert brought({"title": "4006381-333931"}, {}) == ([{"title": "4006381-333931"}, {}], [])
