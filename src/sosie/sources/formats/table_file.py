"""Base classes of formats that are read from a single file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile
from sosie.sources.report import Journal
from sosie.sources.values import Row

ROWS_EXAMINED = 1000
"""Number of rows that are read to learn the column names of a format without a header."""


class OneFile:
    """The location of rows that are in a single file, which may be compressed."""

    def __init__(self, file: DataFile) -> None:
        self._file = file

    def __str__(self) -> str:
        return str(self._file)

    @property
    def folder(self) -> Path:
        """See ``Rows``."""
        return self._file.path.absolute().parent

    @property
    def files(self) -> tuple[Path, ...]:
        """See ``Rows``."""
        return (self._file.path,)

    @property
    def stem(self) -> str:
        """See ``Rows``."""
        return self._file.path.name.partition(".")[0]


class TableFile(OneFile, ABC):
    """Base of formats whose cells have types, unlike those of delimited text."""

    typed = True
    format = ""

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        return {"compression": self._file.compression} if self._file.compression else {}

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The keys of the first rows, and of more rows until all wanted keys were seen."""
        return keys_of(self.read(Journal(), pictures=False), wanted)

    def every_column(self) -> Collection[str] | None:
        """None, because only a complete reading could determine all names."""
        return None

    @abstractmethod
    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """See ``Rows``."""


def keys_of(rows: Iterator[tuple[int, Row | SourceError]], wanted: Collection[str]) -> list[str]:
    """The column names in rows. Reads until enough rows and all wanted names were seen.

    Damage ends the reading here. It is reported when the rows themselves are read.
    """
    keys: dict[str, None] = {}
    with suppress(SourceError):
        for number, row in rows:
            if not isinstance(row, SourceError):
                keys.update(dict.fromkeys(row))
            if number >= ROWS_EXAMINED and keys.keys() >= set(wanted):
                break
    return list(keys)
