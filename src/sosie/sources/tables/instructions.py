"""Rows of instructions below the header, as in the templates of market places: ``Mandatory``, ``Enter the URL …``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sosie.sources.formats.delimited.dialect import picture_cell
from sosie.sources.tables.notation import is_missing
from sosie.sources.values import Row

_MOST = 4
_NUMBER = re.compile(r"[^\d]{0,4}\d[\d.,' ]*[^\d]{0,4}")


def rows_of_instructions(sample: Sequence[Row]) -> int:
    """The number of rows of instructions at the beginning of a table, by its first rows.

    Such a row has words where the products have a picture or a number, and itself neither. Rows above it are counted
    too, if they have neither.
    """
    number = 0
    for position, row in enumerate(sample[:_MOST]):
        following = sample[position + 1 :]
        if any(map(_is_picture, row.values())):
            break
        columns = [name for name in row if _holds(following, name)]
        if any(map(_is_number, map(row.get, columns))):
            break
        if any(_is_words(row.get(name)) for name in columns):
            number = position + 1
    return number


def _holds(rows: Sequence[Row], name: str) -> bool:
    """True if most cells of a column are pictures, or most are numbers."""
    cells = [cell for row in rows if (cell := row.get(name)) not in (None, "")]
    return any(2 * sum(map(holds, cells)) > len(cells) for holds in (_is_picture, _is_number))


def _is_picture(cell: object) -> bool:
    return isinstance(cell, str) and picture_cell([cell]) is not None


def _is_number(cell: object) -> bool:
    if isinstance(cell, str):
        return _NUMBER.fullmatch(cell.strip()) is not None
    return isinstance(cell, int | float)


def _is_words(cell: object) -> bool:
    return isinstance(cell, str) and bool(cell.strip()) and not is_missing(cell)
