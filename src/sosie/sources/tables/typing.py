"""Determines the type of every column from all of its cells, and converts cells to this type."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sosie.errors import SourceError
from sosie.roles import candidates, holds_tags, plain_name
from sosie.sources.tables.lists import ListSurvey, Split, words_in_json
from sosie.sources.tables.notation import Mark, NotationSurvey, is_missing, plain_number, read_amount, usual_price
from sosie.sources.values import Row, flatten
from sosie.support.spreadsheets import without_mark
from sosie.types import AttributeType

Kind: TypeAlias = Literal["text", "number", "boolean", "list"]
KINDS: tuple[Kind, ...] = ("text", "number", "boolean", "list")
OF_ATTRIBUTE: Mapping[AttributeType, Kind] = {
    "string": "text", "number": "number", "boolean": "boolean", "strings": "list",
}  # fmt: skip

_BOOLEANS = {"true": True, "false": False}
_STRAY_SHARE = 0.02
"""In a column of numbers, at most this share of cells may be other text. Only these cells are then rejected."""
_CERTAIN_TEXTS = 200
_MAY_BE_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
"""Numbers whose point separates thousands if other cells of their column have a decimal comma."""

Cell: TypeAlias = object


class Misfit(SourceError):
    """A value that does not fit the type of its column."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The type of a column. ``currency_in`` names the attribute for the currency of its amounts."""

    kind: Kind
    decimal: Mark = "."
    split: Split | None = None
    currency_in: str = ""
    noted: bool = False

    @property
    def described(self) -> str:
        """The type in words."""
        if self.kind != "number" or not self.noted:
            return self.kind
        sample = "1.299,00" if self.decimal == "," else "1,299.00"
        return f"number, written like {sample}" + (f", currency in {self.currency_in!r}" if self.currency_in else "")

    def read(self, cell: Cell) -> object:
        """The value of a cell, None if it is missing; ``Misfit`` if it does not fit."""
        if not isinstance(cell, str):
            return _in_text_column(cell) if self.kind == "text" else cell
        text = bare_text(cell)
        if not text or self.kind == "text":
            return text or None
        if self.kind == "list":
            return self.split(text) if self.split else (text,)
        if self.kind == "boolean":
            return _boolean(text)
        if not self.noted and (number := plain_number(text)) is not None:
            return number
        return self._amount(text)[0]

    def read_with_currency(self, cell: Cell) -> tuple[object, str]:
        """The value of a cell and its currency; ``Misfit`` if it does not fit."""
        text = bare_text(cell) if isinstance(cell, str) else ""
        return self._amount(text) if text else (None if isinstance(cell, str) else cell, "")

    def _amount(self, text: str) -> tuple[int | float | None, str]:
        if (usual := usual_price(text)) is not None:
            return usual
        if is_missing(text):
            return None, ""
        amount = read_amount(text)
        value = None if amount is None else amount.value(self.decimal)
        if amount is None or value is None:
            raise Misfit("expected a number")
        return value, amount.currency


def bare_text(cell: str) -> str:
    """The text of a cell, without surrounding spaces and without a spreadsheet's mark for text."""
    text = cell.strip()
    if text[:1] not in ("'", "="):
        return text
    if text[0] == "'":
        return text[1:] if text[1:].isalnum() and any(map(str.isdigit, text)) else without_mark(text)
    return text[2:-1].replace('""', '"').strip() if text[:2] == '="' and text[-1] == '"' else text


def _in_text_column(cell: Cell) -> Cell:
    """A typed spreadsheet value in a column of text, as text."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return str(int(cell)) if float(cell).is_integer() else str(cell)
    return cell


def _boolean(text: str) -> bool | None:
    if is_missing(text):
        return None
    value = _BOOLEANS.get(text.casefold())
    if value is None:
        raise Misfit("expected true or false")
    return value


class ColumnSurvey:
    """Counts the kinds of cells of a column."""

    def __init__(self, name: str, is_price: bool, lists: ListSurvey | None, is_code: bool = False) -> None:
        self.name = name
        self.blank = 0
        self.values = 0
        self.notation = NotationSurvey()
        self._is_price = is_price
        self._lists = lists
        self._numbers = self._points = self._booleans = self._missing = self._amounts = self._codes = self._texts = 0
        self._json_lists = 0
        self._is_code = is_code
        self._is_text = is_code

    def add(self, cell: Cell) -> None:
        """Counts a cell."""
        if not isinstance(cell, str):
            self._add_typed(cell)
            return
        text = cell.strip()
        if not text:
            self.blank += 1
            return
        self.values += 1
        if text[0] == "[" and words_in_json(text) is not None:
            self._json_lists += 1
        elif self._lists is not None:
            self._lists.add(text)
        if not self._is_text:
            self._add_text(text)

    def _add_typed(self, cell: Cell) -> None:
        if cell is None:
            self.blank += 1
            return
        self.values += 1
        if isinstance(cell, bool):
            self._booleans += 1
        elif isinstance(cell, int | float):
            self._numbers += 1

    def _add_text(self, text: str) -> None:
        number = plain_number(text)
        if number is not None:
            self._numbers += 1
            self._points += isinstance(number, float) and not _MAY_BE_THOUSANDS.fullmatch(text)
        elif text.isdecimal() or (text[0] == "'" and text[1:].isdecimal()) or text[:2] == '="':
            self._codes += 1
        elif text.casefold() in _BOOLEANS:
            self._booleans += 1
        elif is_missing(text):
            self._missing += 1
        elif (usual := usual_price(text)) is not None:
            self._amounts += 1
            self.notation.add_usual(usual[1])
        elif (amount := read_amount(text)) is not None and amount.is_number:
            self._amounts += 1
            self.notation.add(amount)
        else:
            self._texts += 1
            self._is_text = self._texts > _CERTAIN_TEXTS and self._texts > 0.6 * self.values and not self._is_price

    def type(self) -> ColumnType:
        """The type of the column. Product codes are always text."""
        if self._json_lists and self._json_lists == self.values:
            return ColumnType("list", split=words_in_json)
        if self._lists is not None and (split := self._lists.split()):
            return ColumnType("list", split=split)
        if self._is_code:
            return ColumnType("text")
        if self._holds_numbers():
            return self.as_number()
        if self._booleans and not (self._numbers or self._amounts or self._texts or self._codes):
            return ColumnType("boolean")
        return ColumnType("text")

    def as_number(self) -> ColumnType:
        """The type of the column if it holds numbers."""
        if not self._amounts:
            return ColumnType("number")
        return ColumnType("number", self.notation.decimal(self._points), noted=True)

    def as_list(self) -> ColumnType:
        """The type of the column if it holds lists."""
        lists = self._lists or ListSurvey(tags=True, comma_parts_paths=True)
        return ColumnType("list", split=lists.split())

    def _holds_numbers(self) -> bool:
        numbers = self._numbers + self._amounts
        if not numbers or self._codes or self._booleans:
            return False
        if self._amounts and not self.notation.is_price_like(self._is_price):
            return False
        if self._is_price:
            return numbers >= self._texts
        return self._texts <= numbers * _STRAY_SHARE


class TableSurvey:
    """Counts the kinds of cells of a table's columns, except structural ones.

    If the format has types, only columns that may get another type are counted.
    """

    def __init__(
        self,
        is_price: Callable[[str], bool],
        is_category: Callable[[str], bool],
        typed: bool,
        structural: Collection[str] = (),
        forced: Collection[str] = (),
    ) -> None:
        self.columns: dict[str, ColumnSurvey] = {}
        self._is_price = is_price
        self._is_category = is_category
        self._typed = typed
        self._skipped = set(structural)
        self._forced = frozenset(forced)

    def add(self, row: Row) -> None:
        """Counts the cells of a row."""
        columns, skipped = self.columns, self._skipped
        for name, cell in row.items():
            if name in skipped:
                continue
            if isinstance(cell, Mapping | list):
                self.add(dict(flatten({name: cell}, within=True)))
                continue
            survey = columns.get(name)
            if survey is None:
                if (survey := self._survey_of(name)) is None:
                    continue
                columns[name] = survey
            survey.add(cell)

    def _survey_of(self, name: str) -> ColumnSurvey | None:
        price, category, tags = self._is_price(name), self._is_category(name), holds_tags(name)
        if self._typed and not (price or category or tags or name in self._forced):
            self._skipped.add(name)
            return None
        plural = plain_name(name).split(" ")[0] in ("categories", "kategorien", "categorias", "categorie")
        lists = ListSurvey(tags, plural) if category or tags else None
        return ColumnSurvey(name, price, lists, bool(candidates("gtin", [name])) and not self._typed)

    def types(self, forced: Mapping[str, Kind], currency: str, taken: Iterable[str]) -> dict[str, ColumnType]:
        """The type of every column. ``forced`` overrides types; ``currency`` names the attribute for currencies."""
        types = {name: self._type(survey, forced.get(name)) for name, survey in self.columns.items()}
        return self._with_currencies(types, currency, set(taken) | set(types))

    def _type(self, survey: ColumnSurvey, forced: Kind | None) -> ColumnType:
        if forced is None:
            return survey.type()
        if forced == "number":
            return survey.as_number()
        return survey.as_list() if forced == "list" else ColumnType(forced)

    def _with_currencies(self, types: dict[str, ColumnType], currency: str, taken: set[str]) -> dict[str, ColumnType]:
        """The types, with an attribute for each price column's currency, unless an earlier column has the same."""
        main: frozenset[str] = frozenset()
        for name in sorted(types, key=lambda name: not self._is_price(name)):
            currencies = frozenset(self.columns[name].notation.currencies)
            if types[name].kind != "number" or not currencies or (main and currencies <= main and len(main) == 1):
                continue
            attribute = currency if not main else f"{name}_currency"
            main = main or currencies
            kept = types[name]
            types[name] = ColumnType(kept.kind, kept.decimal, kept.split, attribute, kept.noted)
        return types
