"""Prints tables that fit a terminal. Numbers are never cut, and the least important columns shrink first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sosie.cli.output import escape_for_terminal

if TYPE_CHECKING:
    from rich.table import Table

GAP = 1
"""Spaces between columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    A column that would become narrower than ``least`` is left out; None for a column that is never cut. Columns with a
    high ``yields`` become narrower first. The column with the lowest ``yields`` is never left out.
    """

    heading: str
    cells: tuple[str, ...]
    right: bool = False
    least: int | None = None
    yields: int = 0
    links: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The width of its widest cell, in cells of a terminal."""
        from rich.cells import cell_len

        return max(cell_len(text) for text in (self.heading, *self.cells))


def print_table(columns: Sequence[Column]) -> None:
    """Prints a table: at most as wide as the terminal, and uncut into a file or a pipe."""
    from rich.console import Console

    console = Console(highlight=False)
    clean = [replace(column, cells=tuple(map(escape_for_terminal, column.cells))) for column in columns]
    if console.is_terminal:
        widths = fitted_widths(clean, console.width)
    else:
        widths = [column.width for column in clean]
        console = Console(highlight=False, width=_total(widths) + 1)
    console.print(_drawn(clean, widths))


def fitted_widths(columns: Sequence[Column], room: int) -> list[int]:
    """The width of each column, so that all fit into ``room`` cells if possible; 0 for a column that is left out.

    The column with the highest ``yields`` is left out before another column is cut.
    """
    widths = [column.width for column in columns]
    shrinkable = sorted(
        (row for row, column in enumerate(columns) if column.least is not None), key=lambda row: -columns[row].yields
    )
    for row in shrinkable:
        widths[row] -= min(max(0, _total(widths) - room), max(0, widths[row] - (columns[row].least or 0)))
        if row == shrinkable[0] != shrinkable[-1] and _total(widths) > room:
            widths[row] = 0
    for row in shrinkable[:-1]:
        if _total(widths) > room:
            widths[row] = 0
    for row in shrinkable[-1:]:
        widths[row] = max(1, widths[row] - max(0, _total(widths) - room))
    for row in reversed(shrinkable):
        if widths[row]:
            widths[row] += min(max(0, room - _total(widths)), columns[row].width - widths[row])
    return widths


def _total(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + GAP * (len(shown) - 1)


def _drawn(columns: Sequence[Column], widths: Sequence[int]) -> Table:
    from rich.style import Style
    from rich.table import Table
    from rich.text import Text

    kept = [(column, width) for column, width in zip(columns, widths, strict=True) if width]
    table = Table(header_style="dim", box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for column, width in kept:
        table.add_column(
            column.heading, justify="right" if column.right else "left", no_wrap=True, overflow="ellipsis", width=width
        )
    for row in range(max((len(column.cells) for column, _ in kept), default=0)):
        table.add_row(
            *(
                Text(column.cells[row], style=Style(link=column.links[row]) if column.links else "")
                for column, _ in kept
            )
        )
    return table
