"""Reads and writes Parquet; the only module that uses DuckDB."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from duckdb.sqltypes import DuckDBPyType

_ROW_GROUP = 8192
_MAGIC = b"PAR1"
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_TRUE_NAMES = "sosie.columns"
_READ = "read_parquet(?, hive_partitioning = false)"


class ParquetFile:
    """The schema and the rows of a Parquet file; ``OSError`` or ``ValueError`` if it cannot be read."""

    def __init__(self, path: Path) -> None:
        """Reads the schema."""
        with path.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise ValueError("it does not begin as a Parquet file does")
        self._pattern = glob.escape(str(path.absolute()))
        with _connection() as connection:
            pairs = connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [self._pattern]).fetchall()
            self.metadata: dict[str, str] = {_text(key): _text(value) for key, value in pairs}
            nodes = connection.execute("SELECT name, num_children FROM parquet_schema(?)", [self._pattern]).fetchall()
            described = connection.execute(f"SELECT * FROM {_READ} LIMIT 0", [self._pattern]).description  # noqa: S608
        self.types: tuple[DuckDBPyType, ...] = tuple(column[1] for column in described)
        self.names: tuple[str, ...] = self._names(nodes)
        if len(self.names) != len(self.types):
            raise ValueError(f"it has {len(self.types)} columns, but its schema has names for {len(self.names)}")

    def batches(self, columns: Sequence[int], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Yields rows with the values of the columns at these positions, at most ``size`` rows at a time."""
        # Columns are selected by position, because DuckDB ignores the case of names.
        chosen = ", ".join(f"#{column + 1}" for column in columns) or "NULL"
        with _connection() as connection:
            result = connection.execute(f"SELECT {chosen} FROM {_READ}", [self._pattern])  # noqa: S608
            while batch := result.fetchmany(size):
                yield batch

    def _names(self, nodes: Sequence[tuple[str, int | None]]) -> tuple[str, ...]:
        names = json.loads(self.metadata.get(_TRUE_NAMES, "null"))
        return tuple(map(str, names)) if isinstance(names, list) else tuple(_top_names(nodes))


class ParquetWriter:
    """Writes rows to a Parquet file, which is created when the ``with`` block ends without an error.

    ``columns`` is the DuckDB type of each column, by name. Rows are first written to a file beside it, so memory does
    not grow.
    """

    def __init__(self, path: Path, columns: Mapping[str, str], metadata: Mapping[str, str] | None = None) -> None:
        self._path = path
        self._columns = columns
        self._metadata = {**(metadata or {}), **_true_names(columns)}
        self._waiting = path.with_name(f"{path.name}.rows")

    def __enter__(self) -> ParquetWriter:
        self._file = self._waiting.open("w", encoding="utf-8")
        return self

    def __exit__(self, error: object, *_: object) -> None:
        self._file.close()
        try:
            if error is None:
                self._convert()
        finally:
            self._waiting.unlink(missing_ok=True)

    def write(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Adds rows. A column without a value is null."""
        for row in rows:
            numbered = {str(number): row.get(name) for number, name in enumerate(self._columns)}
            self._file.write(json.dumps(numbered, ensure_ascii=False, allow_nan=False) + "\n")

    def _convert(self) -> None:
        kinds = ", ".join(f"'{number}': '{kind}'" for number, kind in enumerate(self._columns.values()))
        chosen = ", ".join(f'"{number}" AS {_quoted(name, chr(34))}' for number, name in enumerate(self._columns))
        pairs = ", ".join(f"{_quoted(key)}: {_quoted(value)}" for key, value in self._metadata.items())
        metadata = f", KV_METADATA {{{pairs}}}" if pairs else ""
        rows = f"read_json(?, format = 'newline_delimited', columns = {{{kinds}}})"
        with _connection() as connection:
            connection.execute(
                f"COPY (SELECT {chosen} FROM {rows}) TO {_quoted(str(self._path.absolute()))} "  # noqa: S608
                f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}{metadata})",
                [glob.escape(str(self._waiting.absolute()))],
            )


def _true_names(columns: Iterable[str]) -> dict[str, str]:
    """Metadata with the true names, if some names differ only in case. In the file DuckDB renames such columns."""
    names = list(columns)
    if len({name.lower() for name in names}) == len(names):
        return {}
    return {_TRUE_NAMES: json.dumps(names)}


def _top_names(nodes: Sequence[tuple[str, int | None]]) -> Iterator[str]:
    """The names of the columns. ``nodes`` is the tree of the schema; each node is followed by its children."""
    within = 0
    for name, children in nodes[1:]:
        if within == 0:
            yield name
            within = 1
        within += (children or 0) - 1


def _quoted(text: str, quote: str = "'") -> str:
    return quote + text.replace(quote, quote * 2) + quote


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


@contextmanager
def _connection() -> Iterator[DuckDBPyConnection]:
    """A connection to DuckDB, whose errors are raised as ``OSError`` or ``ValueError``."""
    import duckdb

    try:
        with _database().cursor() as connection:
            yield connection
    except duckdb.IOException as error:
        raise OSError(str(error)) from error
    except duckdb.Error as error:
        if isinstance(error, duckdb.InternalException | duckdb.FatalException):
            _database.cache_clear()
        raise ValueError(str(error)) from error


@cache
def _database() -> DuckDBPyConnection:
    """An empty database, made once a process because that takes 25 ms, and again after an internal error."""
    import duckdb

    database = duckdb.connect(":memory:", config=_CONFIG)
    database.execute("SET GLOBAL TimeZone = 'UTC'")
    return database
