"""The protocol of a table format: rows by column names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from sosie.errors import SourceError
from sosie.sources.report import Journal
from sosie.sources.values import Row


class Rows(Protocol):
    """A table of some format. Each reading starts from the beginning.

    ``str(rows)`` names the table in messages.
    """

    @property
    def format(self) -> str:
        """The name of the format, such as ``CSV`` or ``xlsx``."""

    @property
    def dialect(self) -> Mapping[str, str]:
        """What varies within the format, such as encoding, separator or sheet, for people to check."""

    @property
    def typed(self) -> bool:
        """True if values have types. If False, all values are text."""

    @property
    def folder(self) -> Path:
        """The folder from which relative paths of pictures start."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that hold the rows; none for a table in memory."""

    @property
    def stem(self) -> str:
        """The beginning of the ids of rows without an id."""

    def columns(self, wanted: Collection[str]) -> Sequence[str]:
        """The column names. Reading may stop when all wanted names were seen."""

    def every_column(self) -> Collection[str] | None:
        """The names of all columns, also those inside an object (``size.width``); None if unknown before reading."""

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row with its number, or with the error that makes it unreadable.

        Without ``pictures``, pictures that are embedded in the table may come as empty bytes.
        """
