"""Article numbers: EAN, UPC and GTIN are one number in 8, 12, 13 or 14 digits (GS1 General Specifications, 3.3)."""

from __future__ import annotations

import re

LENGTHS = (8, 12, 13, 14)
_FULL = max(LENGTHS)
_DIGITS = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_BETWEEN = re.compile(r"[\s.\-\u2010-\u2015]+")
_ELEMENT = re.compile(r"\(01\)([0-9]{14})")
_LINK = re.compile(r"https?://[^?#]*/01/([0-9]{8,14})(?![0-9])", re.I)


def gtin_of(text: str) -> str | None:
    """The article number in a code's text, as 14 digits; None if there is none.

    The text can be the number itself, GS1 elements such as ``(01)04006381333931(10)AB``, or a GS1 Digital Link: a web
    address with ``/01/`` and the number in its path. A number with a wrong check digit is refused.
    """
    match = _DIGITS.fullmatch(text) or _ELEMENT.search(text) or _LINK.match(text)
    if match is None:
        return None
    number = match[match.re.groups]
    return number.zfill(_FULL) if len(number) in LENGTHS and has_check_digit(number) else None


def gtin_digits(text: str) -> str | None:
    """The article number in a table's cell, as it is printed: 8, 12, 13 or 14 digits; None if there is none.

    Spaces, hyphens and points between the digits are ignored. 11 digits get back the leading zero that a spreadsheet
    removed.
    """
    bare = _BETWEEN.sub("", text)
    if bare.isascii() and bare.isdecimal():
        number = bare.zfill(12) if len(bare) == 11 else bare
        return number if len(number) in LENGTHS and has_check_digit(number) and int(number) else None
    full = gtin_of(text)
    return full if full is None else full.removeprefix("0")


def has_check_digit(digits: str) -> bool:
    """True if the last digit is the check digit of the others: weights 3 and 1 alternate, from the right."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return total % 10 == 0


def spellings(text: str) -> tuple[str, ...]:
    """All spellings of a code in catalogs: the text itself, and an article number with and without leading zeros.

    ``0036000291452`` is also spelled ``036000291452``, ``00036000291452``, and ``36000291452`` in a table that read the
    code as a number.
    """
    number = gtin_of(text)
    if number is None:
        return (text,)
    bare = number.lstrip("0")
    padded = (bare.zfill(length) for length in LENGTHS if length >= len(bare))
    return tuple(dict.fromkeys((text, *padded, bare)))
