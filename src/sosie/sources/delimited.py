"""CSV and its relatives: text in columns, typed by what a whole column holds."""

from __future__ import annotations

import codecs
import csv
import math
import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

from sosie.errors import SourceError
from sosie.sources.values import Row

Kind: TypeAlias = Literal["number", "boolean", "string"]

DELIMITERS = (",", ";", "\t")
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")
_NAN = "nan"
_BOOLEANS = {"true": True, "false": False}
_EXACT_DIGITS = 15


class DelimitedRows:
    """The rows of a CSV file: UTF-8 (or UTF-16 with its mark), separated by comma, semicolon or tab.

    The separator is the one that takes the header apart into most columns. A first pass over the file types every
    column: number, boolean (true, false) or string. A number has no leading zero and, where whole, at most 15 digits:
    an EAN with a zero in front, or a code of 20 digits, makes its column text. Rows are numbered as a spreadsheet
    does, the header being row 1.
    """

    def __init__(self, path: Path) -> None:
        """``SourceError`` where the file cannot be read, or is not UTF-8."""
        self.path = path
        self._encoding = _encoding(path)
        self._delimiter, self._header = self._read_header()
        self._kinds = lru_cache(maxsize=None)(self._survey)

    def columns(self, wanted: Collection[str]) -> tuple[str, ...]:
        """The names in the header."""
        return tuple(name for name in self._header if name)

    def every_column(self) -> tuple[str, ...]:
        """The names in the header."""
        return tuple(self._header)

    def read(self, as_text: Collection[str]) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row, typed by its columns; a blank cell is None."""
        kinds = self._kinds(frozenset(as_text))
        for number, cells in self._records():
            if isinstance(cells, SourceError):
                yield number, cells
            else:
                yield number, dict(zip(self._header, map(_typed, cells, kinds), strict=True))

    def _read_header(self) -> tuple[str, list[str]]:
        best: tuple[str, list[str]] = (DELIMITERS[0], [])
        for delimiter in DELIMITERS:
            _, header = next(self._parse(delimiter), (0, []))
            if isinstance(header, list) and len(header) > len(best[1]):
                best = delimiter, [name.strip() for name in header]
        return best

    def _records(self) -> Iterator[tuple[int, list[str] | SourceError]]:
        records = self._parse(self._delimiter)
        next(records, None)
        for number, cells in records:
            if isinstance(cells, list) and len(cells) != len(self._header):
                message = f"{len(cells)} cells where the header has {len(self._header)}; a quote or separator too many?"
                yield number, SourceError(message)
            else:
                yield number, cells

    def _parse(self, delimiter: str) -> Iterator[tuple[int, list[str] | SourceError]]:
        with self.path.open(encoding=self._encoding, newline="") as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            number = 0
            while True:
                number += 1
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    yield number, SourceError(f"cannot be read: {error}")
                    continue
                except UnicodeError as error:
                    raise SourceError(self._not_text(error, reader.line_num)) from error
                if cells is None:
                    return
                if any(cells):
                    yield number, cells

    def _not_text(self, error: UnicodeError, line: int) -> str:
        return f"{self.path} is not {self._encoding.upper()} after line {line} ({error}); save it again as UTF-8"

    def _survey(self, as_text: frozenset[str]) -> tuple[Kind, ...]:
        kinds: list[Kind | None] = ["string" if name in as_text or not name else None for name in self._header]
        for _, cells in self._records():
            if isinstance(cells, list):
                for index, kind in enumerate(kinds):
                    if kind != "string":
                        kinds[index] = _joined(kind, cells[index].strip())
        return tuple(kind or "string" for kind in kinds)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        mark = file.read(2)
    return "utf-16" if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"


def _joined(kind: Kind | None, text: str) -> Kind | None:
    if not text:
        return kind
    found = _kind(text)
    return found if kind in (None, found) else "string"


def _kind(text: str) -> Kind:
    if _BOOLEANS.get(text.lower()) is not None:
        return "boolean"
    return "number" if text.lower() == _NAN or _is_number(text) else "string"


def _is_number(text: str) -> bool:
    if _INTEGER.fullmatch(text) and len(text.lstrip("-")) > _EXACT_DIGITS:
        return False
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def _typed(text: str, kind: Kind) -> str | int | float | bool | None:
    bare = text.strip()
    if not bare:
        return None
    if kind == "string" or _kind(bare) != kind:
        return text
    if kind == "boolean":
        return _BOOLEANS[bare.lower()]
    return int(bare) if _INTEGER.fullmatch(bare) else float(bare)
