"""Recognizes the dialect of a delimited file: separator, escapes, and the position of the header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sosie.roles import ROLES, candidates
from sosie.sources.formats.delimited.lines import LineParser

SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_SEP_LINE = re.compile(r'"?sep=(.)"?[,;\t|]*\s*', re.IGNORECASE)
_NAMES_A_PICTURE = re.compile(r"https?://\S+|\S.*\.(?:jpe?g|png|webp|gif|avif|heic|bmp|tiff?)", re.IGNORECASE)
_SAMPLE_LINES = 200
_TITLE_ROWS = 20


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect. ``preamble`` counts the lines before the first record, ``title_rows`` the records above the header."""

    separator: str
    escape: bool
    preamble: int
    title_rows: int
    has_header: bool = True

    @property
    def described(self) -> dict[str, str]:
        """The dialect in words."""
        words = {"separator": SEPARATOR_NAMES.get(self.separator, repr(self.separator))}
        if self.escape:
            words["quotes"] = 'escaped as \\"'
        if not self.has_header:
            words["header"] = "none"
        if self.title_rows:
            words["rows above the header"] = str(self.title_rows)
        return words


def recognize_dialect(sample: str) -> Dialect:
    """The dialect of the file that begins with ``sample``."""
    lines = sample.splitlines(keepends=True)[: _SAMPLE_LINES * 5]
    blank = next((number for number, line in enumerate(lines) if line.strip()), 0)
    stated = _SEP_LINE.fullmatch(lines[blank]) if lines else None
    preamble = blank + 1 if stated else 0
    body = lines[preamble:]
    escape = _escapes_quotes(sample)
    separator = stated[1] if stated else _likeliest(body, escape)
    rows = _rows(body, separator, escape)
    return Dialect(separator, escape, preamble, header_position(rows), not _is_headless(rows))


def _likeliest(lines: Sequence[str], escape: bool) -> str:
    scores = {separator: _score(_rows(lines, separator, escape)) for separator in SEPARATORS}
    return max(SEPARATORS, key=scores.__getitem__)


def _score(rows: Sequence[Sequence[str]]) -> tuple[float, float, int]:
    """How well a separator fits: the number of header cells with a usual name, then how regular the rows are.

    Regular means: the share of rows with the most frequent width, times this width.
    """
    if not rows:
        return 0, 0.0, 0
    widths = Counter(map(len, rows[1:]) if len(rows) > 1 else [len(rows[0])])
    width, times = max(widths.items(), key=lambda pair: (pair[1] if pair[0] > 1 else 0, pair[0]))
    named = max(map(_named_cells, rows[:_TITLE_ROWS]))
    agreeing = times / sum(widths.values()) if width > 1 else 0.0
    return min(named, 2), agreeing * min(width, 4) + named * 0.01, len(rows[0])


def _rows(lines: Sequence[str], separator: str, escape: bool) -> list[list[str]]:
    parser = LineParser(iter(lines), separator, escape)
    records: list[list[str]] = []
    for _, cells in parser.records():
        if isinstance(cells, list):
            records.append(cells)
        if len(records) >= _SAMPLE_LINES:
            break
    return records


def header_position(rows: Sequence[Sequence[str]]) -> int:
    """The number of rows above the header: the first row with several usual column names.

    If such rows follow each other, as labels and names in templates of market places, the last of them is the header.
    """
    position = _first_header(rows)
    while position + 1 < min(len(rows), _TITLE_ROWS) and _is_header(rows[position + 1]):
        position += 1
    return position


def _is_header(row: Sequence[str]) -> bool:
    """True if many cells of a row are usual column names, and none is a number or a picture."""
    named = _named_cells(row)
    if named < 2 or 3 * named < _filled(row) or (named == 2 and _filled(row) > 4):
        return False
    return picture_cell(row) is None and not any(cell.strip().replace(".", "").isdecimal() for cell in row)


def _first_header(rows: Sequence[Sequence[str]]) -> int:
    top = rows[:_TITLE_ROWS]
    if not top:
        return 0
    named = [_named_cells(row) for row in top]
    best = max(named)
    if named[0] or not best:
        return _above_the_widest(rows) if not best else 0
    first = named.index(best)
    return first if best >= 2 or _filled(top[first]) > _filled(top[0]) else 0


def _above_the_widest(rows: Sequence[Sequence[str]]) -> int:
    """The number of title rows, if no row has usual names: rows with fewer filled cells than the header."""
    widest = max(map(_filled, rows))
    if widest < 3 or _filled(rows[0]) > 1:
        return 0
    return next(number for number, row in enumerate(rows) if _filled(row) > widest // 2)


def _is_headless(rows: Sequence[Sequence[str]]) -> bool:
    """True if the first row is data: like the next row it names a picture, and it names no column."""
    return (
        bool(rows)
        and not _named_cells(rows[0])
        and picture_cell(rows[0]) is not None
        and (len(rows) == 1 or picture_cell(rows[1]) == picture_cell(rows[0]))
    )


def picture_cell(row: Sequence[str]) -> int | None:
    """The index of the cell that names a picture by URL or ending; None if there is none."""
    return next((number for number, cell in enumerate(row) if _NAMES_A_PICTURE.fullmatch(cell.strip())), None)


def _filled(row: Sequence[str]) -> int:
    return sum(1 for cell in row if cell.strip())


def _named_cells(row: Sequence[str]) -> int:
    names = [cell.strip() for cell in row if 0 < len(cell) < 80]
    return len({name for role in ROLES for name in candidates(role, names)})


def _escapes_quotes(sample: str) -> bool:
    r"""True if ``\"`` means a quotation mark, for example because a letter follows it."""
    return re.search(r'"[^"\n]*\\"[^",;|\t\r\n]', sample) is not None
