"""Splits lines into cells. A misplaced quotation mark damages at most its own line."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence

from sosie.errors import SourceError

_LONGEST_CELL = 16_000_000
_CSV_LIMIT = 100_000
"""Longer lines are not passed to the csv module. Its limit of 131,072 characters a cell is global."""


class LineParser:
    """Splits lines into cells.

    A quoted cell ends at a quotation mark before a separator or the end of the line; any other quotation mark is text.
    A cell may span lines. But if each of these lines is a complete row, the quotation mark was left open by mistake.
    ``width``, once set, is the number of cells of a row.
    """

    def __init__(self, lines: Iterator[str], separator: str, escape: bool) -> None:
        self.width: int | None = None
        self.record_number = 0
        self.first_line = 0
        self.is_cut_off = False
        self._short_records = 0
        self._line_number = 0
        self._lines = lines
        self._waiting: deque[str] = deque()
        self._separator = separator
        self._escape = escape
        self._no_more_ends = False
        sep = re.escape(separator)
        inner = (
            r'(?:[^"\\]|\\.|"(?!\s*(?:SEP|[\r\n]*\Z)))*+'.replace("SEP", sep)
            if escape
            else (r'(?:[^"]|""|"(?![ ]*(?:SEP|[\r\n]*\Z)))*+'.replace("SEP", sep))
        )
        self._lone_mark = re.compile(r'(?<!")(?:"")*"(?!")')
        self._cell_begins = re.compile(rf'(?:^|{sep})[ ]*"(?:"")*$')
        self._cell_ends = re.compile(rf"[ ]*(?:{sep}|[\r\n]*\Z)")
        self._cell = re.compile(rf'[ ]*+"({inner})"[ ]*(?=SEP|[\r\n]*\Z)|([^SEP]*)'.replace("SEP", sep), re.DOTALL)

    def records(self) -> Iterator[tuple[int, list[str] | SourceError]]:
        """Every record that is not blank, with its number. Each has ``width`` cells or is an error.

        During iteration, ``first_line`` is the number of the record's first line. Afterward, ``is_cut_off`` is True if
        the last record is incomplete.
        """
        separator, last, short = self._separator, "\n", False
        while (line := self._next()) is not None:
            self.record_number += 1
            self._line_number += 1
            self.first_line = self._line_number
            cells = self._with_quotes(line) if '"' in line else line.rstrip("\r\n").split(separator)
            if any(cells):
                fits = self.width is None or len(cells) == self.width
                last, short = line, self.width is not None and len(cells) < self.width
                self._short_records += short
                yield self.record_number, cells if fits else self._fitted(cells)
        ends_in_quotes = '"' in last and self._is_open(last)
        self.is_cut_off = last[-1] not in "\r\n" and ((short and self._short_records == 1) or ends_in_quotes)

    def count_lines(self, number: int) -> None:
        """Counts lines before the first record."""
        self._line_number += number

    def _next(self) -> str | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def _with_quotes(self, line: str) -> list[str]:
        if len(line) < _CSV_LIMIT and (cells := self._strict(line)) is not None:
            return cells
        if not self._is_open(line):
            return self._loose(line)
        return self._spanning(line) or self._literal(line)

    def _strict(self, text: str) -> list[str] | None:
        try:
            return next(
                csv.reader([text], delimiter=self._separator, strict=True, escapechar="\\" if self._escape else None),
                [],
            )
        except csv.Error:
            return None

    def _loose(self, text: str) -> list[str]:
        cells: list[str] = []
        position = 0
        while True:
            match = self._cell.match(text, position)
            if match is None:
                return self._literal(text)
            quoted, bare = match.groups()
            cells.append(self._unescaped(quoted) if quoted is not None else bare.rstrip("\r\n"))
            position = match.end()
            if position >= len(text) or text[position] in "\r\n":
                return cells
            position += 1

    def _unescaped(self, quoted: str) -> str:
        text = quoted.replace('""', '"')
        return re.sub(r'\\(["\\])', r"\1", text) if self._escape else text

    def _literal(self, line: str) -> list[str]:
        """The cells of a line with an open quotation mark. Marks are text, except around completely quoted cells."""
        return [self._unquoted(cell) for cell in line.rstrip("\r\n").split(self._separator)]

    @staticmethod
    def _unquoted(cell: str) -> str:
        whole = len(cell) > 1 and cell[0] == cell[-1] == '"'
        return cell[1:-1].replace('""', '"') if whole else cell

    def _is_open(self, text: str) -> bool:
        """True if a cell begins with a quotation mark that is not closed."""
        position = 0
        while True:
            match = self._cell.match(text, position)
            if match is None:
                return True
            if match[1] is None and match[2].lstrip(" ").startswith('"'):
                return True
            position = match.end()
            if position >= len(text) or text[position] in "\r\n":
                return False
            position += 1

    def _spanning(self, line: str) -> list[str] | None:
        """The cells of a record over several lines. If the mark was left open, puts the lines back; None."""
        if self._no_more_ends:
            return None
        taken, length = [line], len(line)
        while length < _LONGEST_CELL:
            following = self._next()
            if following is None:
                self._no_more_ends = True
                break
            taken.append(following)
            length += len(following)
            if '"' not in following:
                continue
            text = "".join(taken)
            if self._opens_anew(following):
                break
            if not self._is_open(text):
                cells = self._loose(text)
                if self._is_single_record(taken, cells):
                    self._line_number += len(taken) - 1
                    return cells
                break
        self._waiting.extendleft(reversed(taken[1:]))
        return None

    def _opens_anew(self, line: str) -> bool:
        """True if a line is a row with quotation marks of its own. Then no quotation mark can be open before it."""
        if mark := self._lone_mark.search(line):
            begins = self._cell_begins.search(line[: mark.end()]) is not None
            return begins and not self._cell_ends.match(line, mark.end())
        cells = self._strict(line) if len(line) < _CSV_LIMIT else None
        return cells is not None and self.width is not None and self.width > 1 and len(cells) == self.width

    def _is_single_record(self, lines: list[str], cells: list[str]) -> bool:
        if self.width is None:
            return True
        return len(cells) == self.width and not self.are_rows(lines, self.width)

    def are_rows(self, lines: Sequence[str], width: int) -> bool:
        """True if each line that a record seems to span is a complete row: then a quotation mark was left open."""
        if width < 2 or len(self._literal(lines[0])) != width:
            return False
        return all(len(self._strict(line) or self._loose(line)) == width for line in lines[1:])

    def _fitted(self, cells: list[str]) -> list[str] | SourceError:
        width = self.width or len(cells)
        if len(cells) < width:
            return cells + [""] * (width - len(cells))
        if not any(map(str.strip, cells[width:])):
            return cells[:width]
        if (joined := self._with_running_text(cells, width)) is not None:
            return joined
        return SourceError(f"{len(cells)} cells where the header has {width}; check for a surplus quote or separator")

    def _with_running_text(self, cells: list[str], width: int) -> list[str] | None:
        """The row with surplus cells joined to the text before them, if a space follows each surplus separator."""
        going_on = [number for number, cell in enumerate(cells) if number and cell[:1] == " " and cell.strip()]
        if len(going_on) != len(cells) - width:
            return None
        joined: list[str] = []
        for number, cell in enumerate(cells):
            if number in going_on:
                joined[-1] += self._separator + cell
            else:
                joined.append(cell)
        return joined
