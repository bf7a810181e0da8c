"""Parses numbers and prices in common notations: ``1.299,00 €``, ``$1,299.00``, ``12.50 USD``.

``1.299`` is ambiguous, so it is decided for a whole column. price-parser and babel were tried: price-parser is slow and
decides each cell alone; babel requires the locale.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Mark: TypeAlias = Literal[".", ","]

_SYMBOLS = {
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "￥": "JPY", "円": "JPY", "元": "CNY", "₹": "INR", "Rs": "INR",
    "Rs.": "INR", "₩": "KRW", "원": "KRW", "₽": "RUB", "руб": "RUB", "руб.": "RUB", "₺": "TRY", "TL": "TRY",
    "₴": "UAH", "₫": "VND", "đ": "VND", "฿": "THB", "₱": "PHP", "₪": "ILS", "zł": "PLN", "Kč": "CZK", "Ft": "HUF",
    "лв": "BGN", "лв.": "BGN", "lei": "RON", "R$": "BRL", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD",
    "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "NT$": "TWD", "MX$": "MXN", "Fr.": "CHF", "SFr.": "CHF",
    "kr": "kr", "kr.": "kr", "Euro": "EUR", "euro": "EUR", "euros": "EUR", "EURO": "EUR", "RM": "MYR", "Rp": "IDR",
    "R": "ZAR",
}  # fmt: skip
"""The currency code of each sign. ``kr`` stays as it is, because three countries use it."""

_CODES = frozenset((
    "AED", "ARS", "AUD", "BDT", "BGN", "BHD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EGP",
    "EUR", "GBP", "GEL", "HKD", "HRK", "HUF", "IDR", "ILS", "INR", "ISK", "JPY", "KES", "KRW", "KWD", "KZT",
    "LKR", "MAD", "MXN", "MYR", "NGN", "NOK", "NZD", "OMR", "PEN", "PHP", "PKR", "PLN", "QAR", "RON", "RSD",
    "RUB", "SAR", "SEK", "SGD", "THB", "TND", "TRY", "TWD", "UAH", "USD", "UYU", "VND", "ZAR",
))  # fmt: skip
_SIGN = "|".join(sorted((re.escape(sign) for sign in (*_SYMBOLS, *_CODES)), key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?:(?P<before>{_SIGN})\s*)?(?P<minus>[-−]\s*)?(?:(?P<between>{_SIGN})\s*)?"
    rf"(?P<number>\d[\d.,'’ \u00a0\u202f]*\d|\d|[.,]\d+)(?:[.,][-–—]+)?\s*(?P<after>{_SIGN})?",
    re.IGNORECASE,
)
_WORDS_AROUND = re.compile(
    r"^(?:from|starting at|ab|nur|only|now|à partir de|dès|desde|da|a partire da|od|vanaf|från|от):?\s+"
    r"|\s*(?:\*|(?:incl|inkl|excl|exkl|zzgl|inc|ex|plus)\b\.?.*|ttc|ht|(?:con )?iva(?: inclu\w+)?|/ ?\w{1,8}|per \w+)$",
    re.IGNORECASE,
)
"""Words beside a price."""

_PLAIN = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?P<fraction>\.[0-9]+)?|(?P<bare>\.[0-9]+))(?P<power>[eE][+-]?[0-9]+)?")
_USUAL_PRICE = re.compile(r"(\d{1,9})\.(\d\d)\s?([A-Z]{3}|[€$£])?")
"""Most prices of feeds. They need no further parsing."""

_LONGEST = 60
_EXACT_DIGITS = 15
_MISSING = frozenset((
    "n/a", "na", "#n/a", "n.a.", "n.a", "null", "none", "nil", "nan", "-", "--", "---", "–", "—", "k.a.", "k. a.",
    "s/o", "n.d.", "nd", "#value!", "#ref!", "#name?", "#div/0!", "unknown", "tbd", "?", "not available",
    "nicht verfügbar", "auf anfrage", "on request", "sur demande",
))  # fmt: skip
_SIGNS = {sign.casefold(): code for sign, code in _SYMBOLS.items()} | {code.casefold(): code for code in _CODES}


def is_missing(text: str) -> bool:
    """True if a text means a missing value in a column of numbers or booleans."""
    return text.casefold() in _MISSING


def plain_number(text: str) -> int | float | None:
    """The number of a text in the notation of programs, else None.

    A number has no leading zero and, if whole, at most 15 digits. An EAN with a leading zero, or a code of 20 digits,
    is text.
    """
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    if match.lastgroup is None:
        return int(text) if len(text.lstrip("-")) <= _EXACT_DIGITS else None
    number = float(text)
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class Amount:
    """A parsed amount: its digits and marks, and the currency, which may be empty."""

    digits: str
    negative: bool
    currency: str

    @property
    def decimal_mark(self) -> Mark | None:
        """The decimal mark if this number alone determines it; None if it has none or is ambiguous."""
        marks = [mark for mark in self.digits if mark in ".,"]
        if not marks:
            return None
        last: Mark = "." if marks[-1] == "." else ","
        if len(set(marks)) == 2:
            return last
        after = len(self.digits) - self.digits.rindex(last) - 1
        return (
            last if len(marks) == 1 and (after != 3 or self.digits.index(last) > 3 or self._begins_with_zero) else None
        )

    @property
    def is_ambiguous(self) -> bool:
        """True if the only mark may separate thousands or decimals."""
        return self.decimal_mark is None and sum(self.digits.count(mark) for mark in ".,") == 1

    @property
    def groups_by(self) -> Mark | None:
        """The thousands separator, if this number alone determines it."""
        if self.decimal_mark is not None:
            other: Mark = "," if self.decimal_mark == "." else "."
            return other if other in self.digits else None
        return next((mark for mark in (".", ",") if self.digits.count(mark) > 1), None)

    @property
    def _begins_with_zero(self) -> bool:
        return self.digits.startswith(("0.", "0,", ".", ","))

    @property
    def is_number(self) -> bool:
        """True if the text is a number in some notation, not a date or version."""
        return self.value(".") is not None or self.value(",") is not None

    def value(self, decimal: Mark) -> int | float | None:
        """The number, with the column's decimal mark ``decimal``; None if its groups are not thousands."""
        own = self.decimal_mark or (decimal if not self.groups_by else ("," if self.groups_by == "." else "."))
        whole, mark, fraction = self.digits.rpartition(own) if own in self.digits else (self.digits, "", "")
        groups = re.split(r"[.,]", whole)
        if len(groups) > 1 and not (0 < len(groups[0]) <= 3 and len(groups[-1]) == 3 and all(
            len(group) in (2, 3) for group in groups[1:]
        )):  # fmt: skip
            return None
        text = ("-" if self.negative else "") + ("".join(groups) or "0") + (f".{fraction}" if mark else "")
        return float(text) if mark else int(text)


def usual_price(text: str) -> tuple[float, str] | None:
    """Number and currency of a price such as ``12.50 EUR``, which means the same in every notation; else None."""
    match = _USUAL_PRICE.fullmatch(text)
    if match is None or (match[3] and match[3].casefold() not in _SIGNS):
        return None
    return float(text[: match.end(2)]), _SIGNS[match[3].casefold()] if match[3] else ""


def read_amount(text: str) -> Amount | None:
    """A number in one of the common notations, with or without a currency; None for any other text."""
    match = _AMOUNT.fullmatch(text) or _with_words(text)
    if match is None:
        return None
    number = match["number"]
    parts = re.split(r"['’ \u00a0\u202f]", number)
    if len(parts) > 1 and not _are_groups(parts):
        return None
    digits = "".join(parts)
    if len(digits) > 1 and digits[0] == "0" and digits[1] not in ".,":
        return None
    signs = [match[place] for place in ("before", "between", "after") if match[place]]
    return Amount(digits, bool(match["minus"]), _SIGNS[signs[0].casefold()] if signs else "")


def _with_words(text: str) -> re.Match[str] | None:
    """The amount in a price with words around it, such as ``from 12.90 € incl. VAT``; it has a currency."""
    if len(text) > _LONGEST or (bare := _WORDS_AROUND.sub("", text)) == text:
        return None
    match = _AMOUNT.fullmatch(bare)
    return match if match and any(match[place] for place in ("before", "between", "after")) else None


def _are_groups(parts: list[str]) -> bool:
    last = re.split(r"[.,]", parts[-1])[0]
    return 0 < len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:-1]) and len(last) == 3


@dataclass(slots=True)
class NotationSurvey:
    """Counts the amounts of a column, to decide its notation."""

    decimals: Counter[Mark] = field(default_factory=Counter)
    groups: Counter[Mark] = field(default_factory=Counter)
    ambiguous: Counter[str] = field(default_factory=Counter)
    currencies: Counter[str] = field(default_factory=Counter)
    without_currency: int = 0
    not_two_decimals: int = 0
    size_pairs: int = 0

    def add(self, amount: Amount) -> None:
        """Counts an amount."""
        if amount.currency:
            self.currencies[amount.currency] += 1
        else:
            self.without_currency += 1
        if mark := amount.decimal_mark:
            self.decimals[mark] += 1
            if mark == ",":
                self._count_decimals(amount.digits)
        if mark := amount.groups_by:
            self.groups[mark] += 1
        if amount.is_ambiguous:
            self.ambiguous["," if "," in amount.digits else "."] += 1

    def add_usual(self, currency: str) -> None:
        """Counts a price with a decimal point."""
        self.decimals["."] += 1
        if currency:
            self.currencies[currency] += 1
        else:
            self.without_currency += 1

    def _count_decimals(self, digits: str) -> None:
        whole, _, fraction = digits.rpartition(",")
        self.not_two_decimals += len(fraction) != 2
        self.size_pairs += whole.isdecimal() and fraction.isdecimal() and 0 < int(fraction) - int(whole) <= 4

    def decimal(self, plain_dots: int) -> Mark:
        """The column's decimal mark. ``plain_dots`` counts its cells with a point in programs' notation."""
        dots = self.decimals["."] + self.groups[","] + plain_dots
        commas = self.decimals[","] + self.groups["."]
        if dots or commas:
            return "," if commas > dots else "."
        if self.ambiguous["."] and self.currencies:
            return ","
        return "."

    def is_price_like(self, called_price: bool) -> bool:
        """True if the amounts are numbers, not lists such as the sizes ``36,37``."""
        if self.currencies or called_price:
            return True
        if self.ambiguous[","]:
            return bool(self.decimals["."] or self.groups[","] or self.decimals[","])
        return not (self.not_two_decimals or self.size_pairs)
