"""The protocol of a table format: rows by column names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sosie.errors import SourceError
from sosie.sources.report import Journal
from sosie.sources.values import Row


class Rows(Protocol):
    """A table of some format, read from its start each time.

    ``format`` names the format, ``dialect`` its variable parts. ``typed`` is True if values have types of their own;
    else all values are text. Relative paths are resolved against ``folder``. ``str(rows)`` names the table in messages.
    """

    @property
    def format(self) -> str:
        """``CSV``, ``xlsx`` and the like."""

    @property
    def dialect(self) -> Mapping[str, str]:
        """Encoding, separator, sheet and the like, for people to check."""

    @property
    def typed(self) -> bool:
        """True if values have types of their own."""

    @property
    def folder(self) -> Path:
        """The folder against which relative paths of pictures are resolved."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that hold the rows; none for a table in memory."""

    @property
    def stem(self) -> str:
        """The name from which ids of rows without an id are made."""

    def columns(self, wanted: Collection[str]) -> Sequence[str]:
        """The column names; reading may stop when all wanted names have been seen."""

    def every_column(self) -> Collection[str] | None:
        """The names of all columns, those within an object too (``size.width``); None if unknown before reading."""

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row with its number, or with the error that makes it unreadable.

        Without ``pictures``, pictures embedded in the table may come as empty bytes.
        """
