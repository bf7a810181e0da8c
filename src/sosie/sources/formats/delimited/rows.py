"""Reads the rows of delimited text files."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile
from sosie.sources.formats.delimited.dialect import Dialect, picture_cell, recognize_dialect
from sosie.sources.formats.delimited.encoding import Encoding, detect_encoding
from sosie.sources.formats.delimited.lines import LineParser
from sosie.sources.formats.delimited.soundness import is_sound, sound_reader
from sosie.sources.formats.names import distinct_names
from sosie.sources.formats.table_file import OneFile
from sosie.sources.report import Journal
from sosie.sources.values import Row
from sosie.support.wording import amount

_SAMPLE = 1 << 19


class DelimitedRows(OneFile):
    """The rows of a CSV, TSV or other delimited text file. All cells are text.

    Encoding and dialect are recognized. Rows are numbered as in a spreadsheet: the header is row 1 if nothing is above
    it. Missing cells at the end of a row are empty, and surplus empty cells are ignored. Any other row with a wrong
    number of cells is an error.
    """

    typed = False

    def __init__(self, file: DataFile) -> None:
        """``SourceError`` if the file cannot be read."""
        super().__init__(file)
        self._encoding = detect_encoding(file)
        self._dialect = recognize_dialect(self._sample())
        self._header: tuple[str, ...]
        self._header, self._notes = distinct_names(self._read_header())

    @property
    def format(self) -> str:
        """See ``Rows``."""
        kind = "tab-separated text" if self._dialect.separator == "\t" else "CSV"
        return f"{kind} in {self._file.compression}" if self._file.compression else kind

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        return {"encoding": self._encoding.name, **self._dialect.described}

    def columns(self, wanted: Collection[str]) -> tuple[str, ...]:
        """The names in the header."""
        return tuple(name for name in self._header if name)

    def every_column(self) -> tuple[str, ...]:
        """The names in the header."""
        return self.columns(())

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row. An empty cell is an empty text."""
        self._add_notes(journal)
        header, width = self._header, len(self._header)
        if self._is_sound:
            for number, whole in self._sound_records():
                yield number, dict(zip(header, whole, strict=True))
            return
        with self._records() as (parser, records):
            parser.width = width
            for number, cells in records:
                if isinstance(cells, SourceError):
                    journal.skipped_lines += 1
                    line = parser.first_line
                    yield number, SourceError(f"{cells} (line {line})") if line != number else cells
                else:
                    yield number, dict(zip(header, cells, strict=True))
            if parser.is_cut_off:
                journal.gap(f"{self} ends within a row; it was probably truncated")

    @cached_property
    def _is_sound(self) -> bool:
        if self._dialect.title_rows or not self._header:
            return False
        with self._lines() as lines:
            return is_sound(lines, self._dialect, len(self._header))

    def _sound_records(self) -> Iterator[tuple[int, list[str]]]:
        width, skipped = len(self._header), 1 if self._dialect.has_header else 0
        with self._lines() as lines:
            try:
                for number, cells in enumerate(sound_reader(lines, self._dialect), 1):
                    if any(cells):
                        skipped -= 1
                        if skipped < 0 and len(cells) == width:
                            yield number, cells
            except csv.Error as error:
                raise SourceError(f"{self} changed while it was read: {error}; run this again") from error

    @contextmanager
    def _lines(self) -> Iterator[Iterator[str]]:
        """The lines of the file after its preamble."""
        with self._file.open() as binary:
            text = io.TextIOWrapper(binary, self._encoding.codec, self._encoding.errors, newline="")
            for _ in range(self._dialect.preamble):
                next(text, None)
            yield text

    def _read_header(self) -> list[str]:
        with self._records(header_too=True) as (_, records):
            _, cells = next(records, (0, []))
        if not isinstance(cells, list):
            return []
        if self._dialect.has_header:
            return [" ".join(name.split()) for name in cells]
        picture = picture_cell(cells)
        return ["image" if number == picture else f"column {number + 1}" for number in range(len(cells))]

    @contextmanager
    def _records(
        self, header_too: bool = False
    ) -> Iterator[tuple[LineParser, Iterator[tuple[int, list[str] | SourceError]]]]:
        with self._lines() as lines:
            parser = LineParser(lines, self._dialect.separator, self._dialect.escape)
            parser.count_lines(self._dialect.preamble)
            records = parser.records()
            for _ in range(self._dialect.title_rows + (self._dialect.has_header and not header_too)):
                next(records, None)
            yield parser, records

    def _sample(self) -> str:
        return self._file.head(_SAMPLE).decode(self._encoding.codec, self._encoding.errors)

    def _add_notes(self, journal: Journal) -> None:
        for note in (*self._notes, *_notes_on(self._encoding, self._dialect)):
            journal.note(note)


def _notes_on(encoding: Encoding, dialect: Dialect) -> Iterator[str]:
    if encoding.guessed:
        yield f"read as {encoding.name}, guessed from its bytes; save it as UTF-8 to be certain"
    if encoding.stray_bytes:
        yield f"{amount(encoding.stray_bytes, 'byte')} that are not UTF-8 were read as Windows-1252"
    if not dialect.has_header:
        yield "the first row is data already, so columns are called 'image', 'column 2' and so on"
    if dialect.title_rows:
        yield f"{amount(dialect.title_rows, 'row')} above the header skipped"
