"""What a format gives: rows by the names of their columns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sosie.errors import SourceError
from sosie.sources.report import Journal
from sosie.sources.values import Row


class Rows(Protocol):
    """A table of some format, read from its start each time.

    ``format`` names the format, ``dialect`` what it leaves open. ``typed`` says whether its values have types of their
    own; else all of them are text. ``folder`` is where relative paths begin. ``str(rows)`` names it in messages.
    """

    @property
    def format(self) -> str:
        """``CSV``, ``xlsx`` and the like."""

    @property
    def dialect(self) -> Mapping[str, str]:
        """Encoding, separator, sheet …: what a person may want to check."""

    @property
    def typed(self) -> bool:
        """Whether values have types of their own."""

    @property
    def folder(self) -> Path:
        """Where relative paths of pictures begin."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that hold the rows; none for a table in memory."""

    @property
    def stem(self) -> str:
        """What rows without an id are numbered after."""

    def columns(self, wanted: Collection[str]) -> Sequence[str]:
        """The names of its columns; reading may stop as soon as all that are wanted have been seen."""

    def every_column(self) -> Collection[str] | None:
        """The names of all columns, those within an object too (``size.width``); None where only reading all tells."""

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row under its number, or why it is none.

        Without ``pictures``, pictures that lie within the table may come as empty bytes.
        """
