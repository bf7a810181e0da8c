"""Normalizes, checks and counts article numbers (EAN, UPC, GTIN) among the attributes of items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from sosie.codes.gtin import gtin_digits
from sosie.roles import candidates
from sosie.support.wording import amount
from sosie.types import AttributeValue, Item, Rejection

_POWER = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d{1,2}")
_ROUNDED = re.compile(r"[1-9]\d{4,6}0{6,}")
"""Numbers of 12 to 14 digits that a spreadsheet rounded for display, and exported like this."""


class CodeSurvey:
    """Counts the article numbers of a run. ``named`` is an additional attribute that holds them."""

    def __init__(self, named: str | None = None) -> None:
        self._named = named
        self._items = 0
        self._with_code = 0
        self._valid: Counter[str] = Counter()
        self._wrong: Counter[str] = Counter()
        self._damaged: Counter[str] = Counter()
        self._examples: dict[tuple[str, bool], str] = {}

    def bring(self, entries: Iterable[Item | Rejection]) -> Iterator[Item | Rejection]:
        """The same entries; article numbers of items become text of digits."""
        for entry in entries:
            yield entry if isinstance(entry, Rejection) else self._brought(entry)

    def notes(self) -> Iterator[str]:
        """Notes on the number of items with a valid number, and on columns with invalid numbers."""
        columns = sorted({*self._valid, *self._wrong, *self._damaged})
        if columns:
            where = ", ".join(map(repr, columns))
            yield f"with a valid GTIN in {where}: {self._with_code:,} of {amount(self._items, 'item')}"
        for name, count in self._wrong.items():
            example = self._examples[name, False]
            yield f"wrong length or check digit for a GTIN in {name!r}: {amount(count, 'value')}, e.g. {example!r}"
        for name, count in self._damaged.items():
            yield (
                f"the column {name!r} looks damaged by a spreadsheet: {amount(count, 'value')} such as "
                f"{self._examples[name, True]!r}; make the column text there and export it again"
            )

    def _brought(self, item: Item) -> Item:
        self._items += 1
        names = [name for name in _code_names(tuple(item.attributes), self._named) if name in item.attributes]
        if not names:
            return item
        before = self._valid.total()
        brought = {name: self._value(name, item.attributes[name]) for name in names}
        self._with_code += self._valid.total() > before
        return replace(item, attributes={**item.attributes, **brought})

    def _value(self, name: str, value: AttributeValue) -> AttributeValue:
        if isinstance(value, tuple):
            return tuple(self._code(name, entry) for entry in value)
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            return value
        return self._code(name, value if isinstance(value, str) else str(int(value)))

    def _code(self, name: str, text: str) -> str:
        digits = gtin_digits(text.removesuffix(".0"))
        if _POWER.fullmatch(text) or _ROUNDED.fullmatch(text):
            self._damaged[name] += 1
            self._examples.setdefault((name, True), text)
        elif digits is None:
            self._wrong[name] += 1
            self._examples.setdefault((name, False), text[:40])
        else:
            self._valid[name] += 1
            return digits
        return text


@lru_cache(maxsize=1024)
def _code_names(names: tuple[str, ...], named: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*candidates("gtin", names), *([named] if named else []))))
