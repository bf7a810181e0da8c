"""Reads Parquet tables, one file or many."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sosie.errors import SourceError
from sosie.sources.formats.names import distinct_names
from sosie.sources.report import Journal
from sosie.sources.tables.addresses import is_address_key
from sosie.sources.values import Row
from sosie.support.parquet import ParquetFile

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_BATCH = 1024
_BATCH_WITH_PICTURES = 32
_INTEGERS = frozenset(("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"))
_NUMBERS = frozenset((*_INTEGERS, "hugeint", "float", "double", "decimal"))
_MOMENTS = frozenset((
    "date", "time", "time_ns", "time with time zone", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns",
    "timestamp with time zone", "timestamptz_ns",
))  # fmt: skip
_SCALARS = frozenset(("varchar", "boolean", "null", *_NUMBERS, *_MOMENTS))


class ParquetRows:
    """The rows of Parquet files, numbered from 1, with plain types. Nanoseconds are truncated.

    In a partitioned folder (``brand=Acme/part-0.parquet``), the values in the folders' names are columns too. Columns
    whose type cannot be an attribute are left out; binary columns may hold pictures. Labels that Hugging Face stores as
    numbers are replaced by their names.
    """

    typed = True

    def __init__(self, path: Path) -> None:
        """``SourceError`` if there is no readable Parquet at the path, a file or a folder."""
        self.path = path
        self._files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
        if not self._files:
            raise SourceError(f"{path} holds no Parquet file")
        file = self._open(self._files[0])
        names, self._notes = distinct_names(file.names)
        self._schema = dict(zip(names, file.types, strict=True))
        self._labels = _labels_of(file.metadata)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def folder(self) -> Path:
        """See ``Rows``."""
        absolute = self.path.absolute()
        return absolute if self.path.is_dir() else absolute.parent

    @property
    def files(self) -> tuple[Path, ...]:
        """See ``Rows``."""
        return tuple(self._files)

    @property
    def stem(self) -> str:
        """See ``Rows``."""
        return self.path.name.partition(".")[0]

    @property
    def format(self) -> str:
        """See ``Rows``."""
        return "Parquet" if len(self._files) == 1 else f"Parquet in {len(self._files):,} files"

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        return {"partitioned by": ", ".join(self._partition(self._files[0]))} if self._partition(self._files[0]) else {}

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The names in the schema."""
        return [*dict.fromkeys((*self._readable, *self._partition(self._files[0])))]

    def every_column(self) -> list[str]:
        """The names in the schema, including those inside structs."""
        names = [name for column in self._readable for name in _names_in(column, self._schema[column])]
        return [*names, *self._partition(self._files[0])]

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row, with typed values. ``SourceError`` if a file is damaged."""
        for note in self._notes:
            journal.note(note)
        for name, kind in self._schema.items():
            if name not in self._readable:
                journal.leave_out(name, f"its type {kind} cannot be an attribute")
        number = 0
        for path in self._files:
            constant = self._partition(path)
            for rows in self._batches(path, pictures):
                for row in rows:
                    number += 1
                    yield number, {**row, **constant} if constant else row

    @cached_property
    def _readable(self) -> list[str]:
        return [name for name, kind in self._schema.items() if _is_readable(kind) or _is_picture(kind)]

    def _batches(self, path: Path, pictures: bool) -> Iterator[Sequence[Row]]:
        try:
            yield from self._batches_of(self._open(path), pictures)
        except (OSError, ValueError, OverflowError) as error:
            raise SourceError(f"{path} is damaged or has unreadable values: {error}") from error

    def _batches_of(self, file: ParquetFile, pictures: bool) -> Iterator[Sequence[Row]]:
        columns = {
            name: (position, kind)
            for position, (name, kind) in enumerate(zip(distinct_names(file.names)[0], file.types, strict=True))
            if name in self._readable
        }
        single = [name for name, (_, kind) in columns.items() if _is_picture(kind) and kind.id != "list"]
        names = [name for name in columns if pictures or name not in single]
        empty = {} if pictures else {name: b"" for name in single}
        size = _BATCH_WITH_PICTURES if pictures and any(_is_picture(kind) for _, kind in columns.values()) else _BATCH
        for batch in file.batches([columns[name][0] for name in names], size):
            rows = [dict(zip(names, values, strict=False)) for values in batch]
            yield [self._with_labels({**row, **empty}) for row in rows] if empty or self._labels else rows

    def _with_labels(self, row: Row) -> Row:
        named = {
            name: labels[value]
            for name, labels in self._labels.items()
            if isinstance(value := row.get(name), int) and 0 <= value < len(labels)
        }
        return {**row, **named}

    def _partition(self, file: Path) -> dict[str, str]:
        """The values in the names of a file's folders, such as ``brand=Acme``."""
        parts = file.relative_to(self.path).parts[:-1] if file != self.path else ()
        return dict(part.split("=", 1) for part in parts if "=" in part)

    def _open(self, path: Path) -> ParquetFile:
        try:
            return ParquetFile(path)
        except (OSError, ValueError) as error:
            raise SourceError(f"{path} cannot be read as Parquet: {error}") from error


def _labels_of(metadata: Mapping[str, str]) -> dict[str, list[str]]:
    """The names of the labels that Hugging Face stores as numbers, by column."""
    try:
        features = json.loads(metadata.get("huggingface", "{}"))["info"]["features"]
        named = {name: feature.get("names") for name, feature in features.items() if isinstance(feature, dict)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: names for name, names in named.items() if isinstance(names, list)}


def _is_picture(kind: DuckDBPyType) -> bool:
    """True if a column may hold pictures: bytes, or Hugging Face's picture structs."""
    if kind.id == "list":
        return _is_picture(_element(kind))
    return kind.id == "blob" or (kind.id == "struct" and {name for name, _ in _fields(kind)} >= {"bytes", "path"})


def _is_readable(kind: DuckDBPyType) -> bool:
    if kind.id == "struct":
        return all(_is_readable(inner) for _, inner in _fields(kind))
    if kind.id == "list":
        return _element(kind).id in ("varchar", *_INTEGERS) or _has_address(_element(kind))
    return kind.id in _SCALARS


def _has_address(kind: DuckDBPyType) -> bool:
    """True for a struct of simple values that holds the address of a picture."""
    if kind.id != "struct":
        return False
    fields = dict(_fields(kind))
    texts = {name for name, inner in fields.items() if inner.id == "varchar"}
    return any(map(is_address_key, texts)) and all(inner.id in _SCALARS for inner in fields.values())


def _names_in(name: str, kind: DuckDBPyType) -> Iterator[str]:
    if kind.id != "struct":
        yield name
        return
    for inner_name, inner in _fields(kind):
        yield from _names_in(f"{name}.{inner_name}", inner)


def _fields(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return cast("list[tuple[str, DuckDBPyType]]", kind.children)


def _element(kind: DuckDBPyType) -> DuckDBPyType:
    return _fields(kind)[0][1]
