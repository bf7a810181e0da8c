"""Spreadsheets: xlsx, xls, xlsb and ods, read with calamine."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sosie.errors import SourceError, UsageError
from sosie.roles import Role, candidates
from sosie.sources.files.data import DataFile
from sosie.sources.formats.delimited.dialect import header_position
from sosie.sources.formats.names import distinct_names
from sosie.sources.formats.table_file import TableFile
from sosie.sources.formats.workbook_links import addresses_in_sheet
from sosie.sources.formats.workbook_pictures import DISPIMG, most_used_column, pictures_by_name, pictures_on_sheet
from sosie.sources.report import Journal
from sosie.sources.values import Row
from sosie.support.wording import amount

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_MOST_UNPACKED = 2_000_000_000
"""Most bytes of XML in a workbook. A larger workbook counts as a decompression bomb."""


_OF_ADDRESSES: tuple[Role, ...] = ("image", "links")


class WorkbookRows(TableFile):
    """The rows of one sheet, numbered as in the spreadsheet. A formula gives its last computed value.

    In columns of pictures and links, the address in ``=IMAGE(…)``, ``=HYPERLINK(…)`` or a hyperlink is the value.
    Pictures that lie on the cells of a row are the value of a column of pictures.
    """

    typed = False
    format = "spreadsheet"

    def __init__(self, file: DataFile, sheet: str | None = None) -> None:
        """``sheet`` names a sheet, by default the first with rows; ``UsageError`` if there is no such sheet."""
        super().__init__(file)
        _refuse_bomb(file, self._content())
        self._names = self._sheet_names()
        if sheet is not None and sheet not in self._names:
            raise UsageError(f"{file} has no sheet {sheet!r}; it has {', '.join(map(repr, self._names))}")
        self._sheet = sheet or self._first_with_rows()
        self._above, header = self._header()
        self._columns, self._notes = distinct_names(header)
        self._pictured = self._pictured_column()

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        above = {"rows above the header": str(self._above)} if self._above else {}
        return {"sheet": self._sheet, **above}

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The names in the header."""
        added = [self._pictured] if self._pictured and self._pictured not in self._columns else []
        return [*(name for name in self._columns if name), *added]

    def every_column(self) -> list[str]:
        """The names in the header."""
        return self.columns(())

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row that is not blank."""
        self._add_notes(journal)
        with zipfile.ZipFile(self._content()) if self._pictured and pictures else nullcontext() as archive:
            for number, cells in self._records():
                if number > self._above + 1 and any(cell not in ("", None) for cell in cells):
                    row = dict(zip(self._columns, map(_plain, cells), strict=False))
                    row.update(self._addresses.get(number, {}))
                    if self._pictured and (parts := self._parts(number, row)):
                        row[self._pictured] = [self._bytes(archive, part) if archive else b"" for part in parts]
                    yield number, row

    def _pictured_column(self) -> str | None:
        """The name of the column with the pictures of the file; None if there are none, or others are named."""
        column = most_used_column(self._on_cells, self._above + 1)
        names = dict(enumerate(self._columns, self._first_column if column is not None else 0))
        name = names.get(column) if column is not None else None
        named = candidates("image", [name for name in self._columns if name])
        if name in named or (self._by_name and named):
            return name if name in named else named[0]
        return None if named or column is None else "image"

    def _parts(self, number: int, row: Row) -> list[str]:
        """The parts of the file with the pictures of a row."""
        cell = row.get(self._pictured or "")
        if isinstance(cell, str) and (stored := DISPIMG.match(cell)):
            return [self._by_name[stored[1]]] if stored[1] in self._by_name else []
        return [part for parts in self._on_cells.get(number - 1, {}).values() for part in parts]

    def _bytes(self, archive: zipfile.ZipFile, part: str) -> bytes:
        try:
            return archive.read(part)
        except (KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise SourceError(f"{self._file} is damaged: {error}; save it again") from error

    @cached_property
    def _on_cells(self) -> dict[int, dict[int, list[str]]]:
        return pictures_on_sheet(self._content(), self._sheet)

    @cached_property
    def _by_name(self) -> dict[str, str]:
        return pictures_by_name(self._content())

    @cached_property
    def _addresses(self) -> dict[int, dict[str, str]]:
        """For each row, the addresses behind cells of pictures and links, such as those of hyperlinks."""
        named = {
            number: name
            for number, name in enumerate(self._columns, self._first_column)
            if name and any(candidates(role, [name]) for role in _OF_ADDRESSES)
        }
        addresses: dict[int, dict[str, str]] = {}
        for (row, column), address in addresses_in_sheet(self._content(), self._sheet).items():
            if column in named:
                addresses.setdefault(row + 1, {})[named[column]] = address
        return addresses

    @cached_property
    def _first_column(self) -> int:
        with self._workbook() as workbook:
            start = workbook.get_sheet_by_name(self._sheet).start
            return int(start[1]) if start else 0

    def _header(self) -> tuple[int, list[str]]:
        first = [(number, [_as_name(cell) for cell in cells]) for number, cells in self._records(most=25)]
        position = header_position([cells for _, cells in first])
        if position >= len(first):
            return 0, []
        number, cells = first[position]
        return number - 1, cells

    def _records(self, most: int | None = None) -> Iterator[tuple[int, Sequence[object]]]:
        with self._workbook() as workbook:
            sheet = workbook.get_sheet_by_name(self._sheet)
            begins = sheet.start[0] if sheet.start else 0
            for number, cells in enumerate(sheet.iter_rows(), begins + 1):
                if most is not None and number > begins + most:
                    return
                yield number, cells

    def _sheet_names(self) -> list[str]:
        with self._workbook() as workbook:
            return list(workbook.sheet_names)

    def _first_with_rows(self) -> str:
        with self._workbook() as workbook:
            for name in self._names:
                if workbook.get_sheet_by_name(name).height > 1:
                    return name
        return self._names[0]

    def _content(self) -> Path | io.BytesIO:
        """The path of the file, or its bytes if it is in an archive."""
        return io.BytesIO(self._unpacked) if self._file.member else self._file.path

    @cached_property
    def _unpacked(self) -> bytes:
        with self._file.open() as file:
            return file.read()

    def _workbook(self) -> CalamineWorkbook:
        from python_calamine import CalamineError, load_workbook

        try:
            return load_workbook(self._content())
        except (CalamineError, OSError, ValueError, KeyError) as error:
            raise SourceError(f"{self._file} cannot be read as a spreadsheet: {error}; save it again") from error

    def _add_notes(self, journal: Journal) -> None:
        other_names = [name for name in self._names if name != self._sheet]
        if other_names:
            named = ", ".join(map(repr, other_names[:5]))
            journal.note(f"read the sheet {self._sheet!r}; --sheet-name selects another ({named})")
        if self._above:
            journal.note(f"{amount(self._above, 'row')} above the header skipped")
        for note in self._notes:
            journal.note(note)


def _refuse_bomb(file: DataFile, content: Path | io.BytesIO) -> None:
    if not zipfile.is_zipfile(content):
        return
    try:
        with zipfile.ZipFile(content) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(f"{file} cannot be read as a spreadsheet: {error}") from error
    if size > _MOST_UNPACKED:
        raise SourceError(f"{file} would unpack to {size / 1e9:.1f} GB: save the sheet as CSV")


def _as_name(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split()) if cell is not None else ""


def _plain(cell: object) -> object:
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    if isinstance(cell, dt.timedelta):
        return str(cell)
    return cell
