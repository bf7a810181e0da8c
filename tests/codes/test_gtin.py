"""One article number in all its spellings."""

import pytest

from sosie.codes.gtin import gtin_of, has_check_digit, spellings

EAN = "4006381333931"


@pytest.mark.parametrize(
    "text",
    [
        EAN,
        "04006381333931",
        "(01)04006381333931",
        "(01)04006381333931(10)AB-12",
        "(11)250101(01)04006381333931",
        "https://id.gs1.org/01/04006381333931",
        "https://example.org/shop/01/4006381333931/10/AB?17=251231",
        "HTTP://EXAMPLE.ORG/01/04006381333931#here",
    ],
)
def test_a_number_is_found_in_what_a_code_says(text: str) -> None:
    assert gtin_of(text) == "04006381333931"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4006381333932",
        "400638133393",
        "40063813339311",
        "(01)04006381333932",
        "https://example.org/?01/04006381333931",
        "https://example.org/01/040063813339312",
        "https://example.org/4006381333931",
        "call 4006381333931",
        "٤٠٠٦٣٨١٣٣٣٩٣١",
    ],
)
def test_what_is_no_article_number_is_none(text: str) -> None:
    assert gtin_of(text) is None


@pytest.mark.parametrize("digits", ["96385074", "036000291452", EAN, "14006381333938"])
def test_check_digits_of_every_length(digits: str) -> None:
    assert has_check_digit(digits)
    for wrong in range(1, 10):
        assert not has_check_digit(digits[:-1] + str((int(digits[-1]) + wrong) % 10))


def test_zeros_in_front_make_no_difference() -> None:
    forms = {"036000291452", "0036000291452", "00036000291452", "36000291452"}
    for text in forms - {"36000291452"}:
        assert set(spellings(text)) == forms
    assert set(spellings("96385074")) == {"96385074", "000096385074", "0000096385074", "00000096385074"}
    assert spellings("SKU 12") == ("SKU 12",)
