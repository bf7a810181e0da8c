"""Reads tables in memory: dictionaries, pandas and polars data frames, Arrow tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sosie.errors import SourceError
from sosie.sources.formats.table_file import keys_of
from sosie.sources.report import Journal
from sosie.sources.values import Row

_BATCH = 1024


class FrameRows:
    """The rows of a table in memory, numbered from 1. Relative paths start from the working folder."""

    typed = True
    dialect: Mapping[str, str] = {}
    stem = "row"
    files: tuple[Path, ...] = ()

    def __init__(self, table: Any) -> None:
        """``table`` is a sequence of mappings, a pandas or polars ``DataFrame``, or an Arrow table."""
        self._table = table
        self.format = "a list of dictionaries" if isinstance(table, Sequence) else _kind_of(table)

    def __str__(self) -> str:
        return self.format

    @property
    def folder(self) -> Path:
        """See ``Rows``."""
        return Path.cwd()

    def columns(self, wanted: Collection[str]) -> Sequence[str]:
        """The names of the columns."""
        every = self.every_column()
        return keys_of(self.read(Journal()), wanted) if every is None else every

    def every_column(self) -> list[str] | None:
        """The names of the columns; None for dictionaries."""
        if isinstance(self._table, Sequence):
            return None
        names = self._table.column_names if hasattr(self._table, "column_names") else self._table.columns
        return [str(name) for name in names]

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row. Missing values of pandas become None."""
        for number, row in enumerate(_rows(self._table), 1):
            yield (
                number,
                row
                if isinstance(row, Mapping)
                else SourceError(f"expected a mapping of columns to values, found {type(row).__name__}"),
            )


def is_frame(value: object) -> bool:
    """True for a data frame or an Arrow table. It is recognized by its methods, so that no library is imported."""
    return hasattr(value, "iter_rows") or hasattr(value, "itertuples") or hasattr(value, "to_batches")


def _kind_of(table: object) -> str:
    return f"the {type(table).__module__.partition('.')[0]} {type(table).__name__}"


def _rows(table: Any) -> Iterator[Any]:
    if isinstance(table, Sequence):
        yield from table
    elif hasattr(table, "iter_rows"):
        yield from table.iter_rows(named=True)
    elif hasattr(table, "itertuples"):
        yield from _pandas_rows(table)
    else:
        for batch in table.to_batches(max_chunksize=_BATCH):
            yield from batch.to_pylist()


def _pandas_rows(frame: Any) -> Iterator[Row]:
    names = [str(name) for name in frame.columns]
    for values in frame.itertuples(index=False, name=None):
        yield {name: _plain(value) for name, value in zip(names, values, strict=True)}


def _plain(value: Any) -> object:
    """A value without the types of pandas and numpy."""
    if isinstance(value, str | bool | int | float | bytes | list | tuple | dict) or value is None:
        return value if type(value).__module__ == "builtins" else value.item()  # type: ignore[union-attr]
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if hasattr(value, "tolist") and not hasattr(value, "isoformat"):
        return value.tolist()
    return value
