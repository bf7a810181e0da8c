"""What all formats share that are read from one file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.files.data import DataFile
from sosie.sources.report import Journal
from sosie.sources.values import Row

KEYS_LOOKED_AT = 1000
"""How many rows of a format without a header are read for the names of its columns."""


class OneFile:
    """Where rows of a single file lie; ``file`` may be compressed."""

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
    """What the formats share whose cells have types of their own, unlike delimited text."""

    typed = True
    format = ""

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        return {"compression": self._file.compression} if self._file.compression else {}

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The keys of the first rows, and of those up to the row with which all wanted ones have been seen."""
        return keys_of(self.read(Journal(), pictures=False), wanted)

    def every_column(self) -> Collection[str] | None:
        """Only reading all rows could tell."""
        return None

    @abstractmethod
    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """See ``Rows``."""


def keys_of(rows: Iterator[tuple[int, Row | SourceError]], wanted: Collection[str]) -> list[str]:
    """The names of columns in rows, until enough rows have been seen and all that are wanted.

    Where the file is damaged, those before; who reads the rows hears of the damage.
    """
    keys: dict[str, None] = {}
    with suppress(SourceError):
        for number, row in rows:
            if not isinstance(row, SourceError):
                keys.update(dict.fromkeys(row))
            if number >= KEYS_LOOKED_AT and keys.keys() >= set(wanted):
                break
    return list(keys)
