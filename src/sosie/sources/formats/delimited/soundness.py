"""Checks that a delimited file is well formed, so that Python's csv reader can read it."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from sosie.sources.formats.delimited.dialect import Dialect
from sosie.sources.formats.delimited.lines import LineParser


def sound_reader(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    """Python's csv reader for the lines; ``csv.Error`` for malformed lines."""
    return csv.reader(
        lines, delimiter=dialect.separator, strict=True, escapechar="\\" if dialect.escape else None
    )  # fmt: skip


def is_sound(lines: Iterator[str], dialect: Dialect, width: int) -> bool:
    """True if every record is well formed and has ``width`` cells, and no record spans lines that are rows themselves.

    Otherwise two misplaced quotation marks could turn all rows between them into one well-formed record.
    """
    recorder, parser = _Recorder(lines), LineParser(iter(()), dialect.separator, dialect.escape)
    try:
        for cells in sound_reader(recorder, dialect):
            if cells and len(cells) != width:
                return False
            if len(recorder.lines) > 1 and parser.are_rows(recorder.lines, width):
                return False
            recorder.lines.clear()
    except csv.Error:
        return False
    return True


class _Recorder:
    """Passes lines through, and keeps the lines of the current record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines: list[str] = []
        self._source = lines

    def __iter__(self) -> _Recorder:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self.lines.append(line)
        return line
