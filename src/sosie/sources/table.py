"""A table with one row a picture as a source, whatever its format."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sosie.errors import SourceError
from sosie.sources.columns import Columns, needed, resolve
from sosie.sources.locations import locate, one_or_several, split
from sosie.sources.streamed import Entry, StreamedSource
from sosie.sources.values import Row, flatten, to_attribute, to_id, to_text
from sosie.types import AttributeValue, Item, Rejection


class Rows(Protocol):
    """A table of some format, as rows."""

    path: Path

    def columns(self, wanted: Collection[str]) -> Sequence[str]:
        """The names of its columns; reading may stop as soon as all that are wanted have been seen."""

    def every_column(self) -> Collection[str] | None:
        """The names of all columns, those within an object too (``size.width``); None where only reading all tells."""

    def read(self, as_text: Collection[str]) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row under its number, or why it is none. What the format does not type comes typed by its column,
        but stays text in the columns ``as_text``."""


class TableSource(StreamedSource):
    """Every row of a table is an item.

    ``columns`` maps ``item_id``, ``product_id``, ``image`` and ``links`` to the table's own names. ``image`` is a path
    (from the table's folder, or absolute) or an http(s) URL, or several of them that are tried in order. A table
    without an item_id takes its image as it is written; a row without a product_id takes its item_id. All other
    columns are attributes (``values.to_attribute``), except those without a name or with a reserved one.
    """

    def __init__(self, rows: Rows, *, columns: Mapping[str, str] | None = None) -> None:
        """``SourceError`` where the file cannot be read or lacks a column, ``UsageError`` for an unknown role."""
        wanted = needed(columns or {})
        self._rows = rows
        self._columns = resolve(str(rows.path), rows.columns(wanted), columns or {})
        self._folder = rows.path.absolute().parent

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        return f"the table {str(self._rows.path)!r}"

    @property
    def expected(self) -> str:
        """See ``StreamedSource``."""
        return f"at least one row, with its picture in the column {self._columns.image!r}"

    def attribute_names(self) -> frozenset[str] | None:
        """See ``StreamedSource``."""
        every = self._rows.every_column()
        return None if every is None else frozenset(filter(self._columns.is_attribute, every))

    def entries(self) -> Iterator[Entry]:
        """Every row of the table, as an item or as the reason why it is none."""
        for number, row in self._rows.read(as_text=self._columns.named):
            place = f"row {number}"
            yield place, _to_entry(place, row, self._columns, self._folder)


def _to_entry(place: str, row: Row | SourceError, columns: Columns, folder: Path) -> Item | Rejection:
    item_id = ""
    try:
        if isinstance(row, SourceError):
            raise row
        item_id = _item_id(row, columns)
        return _to_item(item_id, row, columns, folder)
    except SourceError as error:
        return Rejection(item_id, "source", f"{place}: {error}")


def _item_id(row: Row, columns: Columns) -> str:
    column = columns.item_id or columns.image
    item_id = _id(row, column) if columns.item_id else next(iter(_split(row, column)), "")
    if not item_id:
        raise SourceError(f"nothing in the column {column!r}, which names the item")
    return item_id


def _to_item(item_id: str, row: Row, columns: Columns, folder: Path) -> Item:
    images = tuple(locate(text, folder) for text in _split(row, columns.image))
    if not images:
        raise SourceError(f"no image: nothing in the column {columns.image!r}")
    return Item(
        item_id,
        _id(row, columns.product_id) or item_id,
        one_or_several(images),
        _split(row, columns.links),
        _attributes(row, columns),
    )


def _id(row: Row, column: str) -> str:
    try:
        return to_id(row.get(column))
    except SourceError as error:
        raise SourceError(f"column {column!r}: {error}") from error


def _split(row: Row, column: str) -> tuple[str, ...]:
    try:
        return split(row.get(column))
    except SourceError as error:
        raise SourceError(f"column {column!r}: {error}") from error


def _attributes(row: Row, columns: Columns) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {}
    for name, cell in flatten({name: cell for name, cell in row.items() if columns.is_attribute(name)}):
        try:
            value = to_attribute(cell)
            to_text(name)
        except SourceError as error:
            raise SourceError(f"attribute {name!r}: {error}") from error
        if name in attributes and value is not None:
            raise SourceError(f"attribute {name!r}: the row has two values for it")
        if value is not None:
            attributes[name] = value
    return attributes
