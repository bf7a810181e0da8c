"""Tables in JSON: rows as lists, or a list or an object for each column."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile
from sosie.sources.formats.table_file import TableFile
from sosie.sources.report import Journal
from sosie.sources.values import Row
from sosie.types import JSON

_LARGEST = 1 << 28
"""Most bytes of a document, because all of it is in memory."""

_ROWS = ("data", "rows", "values")
_NAMES = ("columns", "headers", "header", "fields")


class JsonTableRows(TableFile):
    """The rows of a table as pandas, Datasette and Google Sheets write it, numbered from 1."""

    format = "JSON"

    def __init__(self, file: DataFile, rows: Sequence[Row]) -> None:
        """``rows`` are those of ``table_in``."""
        super().__init__(file)
        self._rows = rows

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row, with typed values."""
        yield from enumerate(self._rows, 1)


def table_in(file: DataFile) -> list[Row] | None:
    """The rows of a document that is a table; None for any other document, and for a very large one."""
    data = file.head(_LARGEST)
    try:
        document = json.loads(data) if len(data) < _LARGEST else None
    except (ValueError, RecursionError):
        return None
    if isinstance(document, list):
        return _below_header(document)
    return _of_object(document) if isinstance(document, dict) else None


def _of_object(document: Mapping[str, JSON]) -> list[Row] | None:
    rows = next((rows for name in _ROWS if _is_of_lists(rows := document.get(name))), None)
    if isinstance(rows, list):
        names = next((names for name in _NAMES if isinstance(names := document.get(name), list)), None)
        return _below_header(rows if names is None else [[str(name) for name in names], *rows])
    return _of_columns(document)


def _below_header(rows: Sequence[JSON]) -> list[Row] | None:
    if not _is_of_lists(rows) or not isinstance(rows[0], list) or not all(isinstance(name, str) for name in rows[0]):
        return None
    names = [str(name) for name in rows[0]]
    return [dict(zip(names, row, strict=False)) for row in rows[1:] if isinstance(row, list)]


def _of_columns(columns: Mapping[str, JSON]) -> list[Row] | None:
    """The rows of an object such as ``{"sku": ["7", "8"], …}`` or ``{"sku": {"0": "7", "1": "8"}, …}``."""
    members = {name: _members(column) for name, column in columns.items()}
    keys = next(iter(members.values()), {}).keys()
    if len(members) < 2 or not keys or any(column.keys() != keys for column in members.values()):
        return None
    return [{name: column[key] for name, column in members.items()} for key in keys]


def _members(column: JSON) -> Mapping[str, JSON]:
    if isinstance(column, list):
        return {str(number): value for number, value in enumerate(column)}
    return column if isinstance(column, dict) else {}


def _is_of_lists(rows: object) -> bool:
    return isinstance(rows, list) and bool(rows) and all(isinstance(row, list) for row in rows[:5])
