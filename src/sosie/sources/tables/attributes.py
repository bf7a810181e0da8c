"""Converts cells to attributes by the type of their column."""

from __future__ import annotations

from collections.abc import Mapping

from sosie.errors import SourceError
from sosie.roles import plain_name
from sosie.sources.report import Journal
from sosie.sources.tables.columns import Columns
from sosie.sources.tables.typing import ColumnType, Misfit
from sosie.sources.values import Row, flatten, to_attribute, to_text
from sosie.types import AttributeValue

OF_A_PICTURE = frozenset(("image position", "image alt text", "variant image"))
"""Columns that describe a row's picture, not the product."""


class AttributeReader:
    """Reads the attributes of rows. Unsuitable values are left out and recorded."""

    def __init__(self, columns: Columns, types: Mapping[str, ColumnType], journal: Journal) -> None:
        self._columns = columns
        self._types = types
        self._journal = journal
        self._readers: dict[str, _Reader] = {}

    def read(self, row: Row) -> dict[str, AttributeValue]:
        """The attributes of a row."""
        attributes: dict[str, AttributeValue] = {}
        for name, cell in row.items():
            if cell is None or cell == "":
                continue
            column = self._readers.get(name) or self._reader(name)
            if column.is_attribute:
                self._add(attributes, column, cell)
        return attributes

    def _reader(self, name: str) -> _Reader:
        """The reader for the cells of a column."""
        is_attribute = self._columns.is_attribute(name) and self._may_be_kept(name)
        reader = _Reader(name, self._columns.renamed.get(name, name), is_attribute, self._types.get(name))
        self._readers[name] = reader
        return reader

    def _may_be_kept(self, name: str) -> bool:
        try:
            to_text(name)
        except SourceError as error:
            self._leave_out(name, error)
            return False
        if not self._columns.by_product or plain_name(name) not in OF_A_PICTURE:
            return True
        self._journal.leave_out(name, "it describes the picture, not the product")
        return False

    def _add(self, into: dict[str, AttributeValue], column: _Reader, cell: object) -> None:
        try:
            if isinstance(cell, Mapping | list):
                self._add_nested(into, column, cell)
                return
            value, currency = column.read(cell)
            if value is not None:
                _put(into, column.attribute, value)
            if currency:
                into.setdefault(column.currency_in, currency)
        except Misfit as error:
            self._journal.misfit(column.name, str(error), cell)
        except SourceError as error:
            self._leave_out(column.name, error)

    def _add_nested(self, into: dict[str, AttributeValue], column: _Reader, cell: object) -> None:
        """Adds the values of an object. The name of each is its path in the object."""
        for path, inner in flatten({column.attribute: cell}):
            try:
                reader = column if path == column.attribute else self._readers.get(path) or self._reader(path)
                value, _ = reader.read(inner)
                if value is not None:
                    _put(into, to_text(path), value)
            except Misfit as error:
                self._journal.misfit(path, str(error), inner)
            except SourceError as error:
                self._leave_out(path, error)

    def _leave_out(self, name: str, error: SourceError) -> None:
        self._journal.leave_out(name.encode("utf-8", "backslashreplace").decode(), str(error))


class _Reader:
    """Reads the cells of a column by its type, if it has one."""

    def __init__(self, name: str, attribute: str, is_attribute: bool, kind: ColumnType | None) -> None:
        self.name = name
        self.attribute = attribute
        self.is_attribute = is_attribute
        self.currency_in = kind.currency_in if kind else ""
        self._kind = kind

    def read(self, cell: object) -> tuple[AttributeValue | None, str]:
        """The value of a cell (None if missing) and its currency; ``SourceError`` if it cannot be an attribute."""
        if self._kind is None:
            return to_attribute(cell), ""
        if self.currency_in:
            number, currency = self._kind.read_with_currency(cell)
            return to_attribute(number), currency
        value = self._kind.read(cell)
        if type(value) is str and self._kind.kind != "list":
            return to_text(value), ""
        return to_attribute((value,) if self._kind.kind == "list" and isinstance(value, str) else value), ""


def _put(into: dict[str, AttributeValue], name: str, value: AttributeValue) -> None:
    if name in into and name != "currency":
        raise Misfit("the row has two values for it")
    into[name] = value
