"""Whether a delimited file is written by the rules, so that Python's own reader can be trusted with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from sosie.sources.formats.delimited.dialect import Dialect
from sosie.sources.formats.delimited.lines import LineParser


def sound_reader(lines: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    """Python's reader of the lines; ``csv.Error`` where a rule is broken."""
    return csv.reader(
        lines, delimiter=dialect.separator, strict=True, escapechar="\\" if dialect.escape else None
    )  # fmt: skip


def is_sound(lines: Iterator[str], dialect: Dialect, width: int) -> bool:
    """Whether every record has ``width`` cells by the rules, and no record swallows lines that are rows themselves.

    Two marks out of place, in different rows, can make one record of all rows between them that breaks no rule.
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
    """Passes lines on and keeps those of the record that is read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines: list[str] = []
        self._source = lines

    def __iter__(self) -> _Recorder:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self.lines.append(line)
        return line
