"""Reads Parquet tables, one file or many."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sosie.errors import SourceError
from sosie.sources.formats.names import distinct_names
from sosie.sources.report import Journal
from sosie.sources.values import Row

_BATCH = 1024
_BATCH_WITH_PICTURES = 32
_DAMAGE = (pa.ArrowException, OSError, ValueError, OverflowError)


class ParquetRows:
    """The rows of Parquet files, numbered from 1, with Arrow types converted to plain types; nanoseconds are truncated.

    In a partitioned folder (``brand=Acme/part-0.parquet``), the partition's values are columns too. Columns of types
    without an attribute type are left out; binary columns may hold pictures. Labels that Hugging Face keeps as numbers
    are replaced by their names.
    """

    typed = True

    def __init__(self, path: Path) -> None:
        """``SourceError`` if no Parquet can be read at the path, a file or a folder."""
        self.path = path
        self._files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
        if not self._files:
            raise SourceError(f"{path} holds no Parquet file")
        with self._open(self._files[0]) as file:
            self._schema = _with_distinct_names(file.schema_arrow)
            _, self._notes = distinct_names(file.schema_arrow.names)
        self._labels = _labels_of(self._schema)

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
        """The names in the schema, those within structs too."""
        names = [
            name for field in self._schema if field.name in self._readable for name in _names_in(field.name, field.type)
        ]
        return [*names, *self._partition(self._files[0])]

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row, with typed values. ``SourceError`` if a file is damaged."""
        for note in self._notes:
            journal.note(note)
        for field in self._schema:
            if field.name not in self._readable:
                journal.leave_out(field.name, f"its type {field.type} cannot be an attribute")
        number = 0
        for path in self._files:
            constant = self._partition(path)
            for rows in self._batches(path, pictures):
                for row in rows:
                    number += 1
                    yield number, {**row, **constant} if constant else row

    @cached_property
    def _readable(self) -> list[str]:
        return list(
            dict.fromkeys(field.name for field in self._schema if _is_readable(field.type) or _is_picture(field.type))
        )

    def _batches(self, path: Path, pictures: bool) -> Iterator[Sequence[Row]]:
        try:
            with self._open(path) as file:
                yield from self._batches_of(file, pictures)
        except _DAMAGE as error:
            raise SourceError(f"{path} is damaged or has unreadable values: {error}") from error

    def _batches_of(self, file: pq.ParquetFile, pictures: bool) -> Iterator[Sequence[Row]]:
        schema = _with_distinct_names(file.schema_arrow)
        fields = [field for field in schema if field.name in self._readable]
        binary = [field.name for field in fields if _is_picture(field.type)]
        single = [field.name for field in fields if field.name in binary and not pa.types.is_list(field.type)]
        names = [field.name for field in fields if pictures or field.name not in single]
        plain = pa.schema([field.with_type(_plain(field.type)) for field in fields if field.name in names])
        empty = {} if pictures else {name: b"" for name in single}
        columns = names if schema.names == file.schema_arrow.names else None
        size = _BATCH_WITH_PICTURES if binary and pictures else _BATCH
        for batch in file.iter_batches(batch_size=size, columns=columns):
            table = pa.Table.from_batches([batch])
            if columns is None:
                table = table.rename_columns(schema.names)
            rows = table.select(names).cast(plain, safe=False).to_pylist()
            yield [self._with_labels({**row, **empty}) for row in rows] if empty or self._labels else rows

    def _with_labels(self, row: Row) -> Row:
        named = {
            name: labels[value]
            for name, labels in self._labels.items()
            if isinstance(value := row.get(name), int) and 0 <= value < len(labels)
        }
        return {**row, **named}

    def _partition(self, file: Path) -> dict[str, str]:
        """The partition values from the folders of a file, such as ``brand=Acme``."""
        parts = file.relative_to(self.path).parts[:-1] if file != self.path else ()
        return dict(part.split("=", 1) for part in parts if "=" in part)

    def _open(self, path: Path) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{path} cannot be read as Parquet: {error}") from error


def _with_distinct_names(schema: pa.Schema) -> pa.Schema:
    names, _ = distinct_names(schema.names)
    fields = [field.with_name(name) for field, name in zip(schema, names, strict=True)]
    return pa.schema(fields).with_metadata(schema.metadata or {})


def _labels_of(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of the labels that Hugging Face keeps as numbers, by column."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        named = {name: feature.get("names") for name, feature in features.items() if isinstance(feature, dict)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {name: names for name, names in named.items() if isinstance(names, list)}


def _is_picture(kind: pa.DataType) -> bool:
    """True if a column may hold pictures: bytes, or Hugging Face's picture structs."""
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return True
    if isinstance(kind, pa.ListType | pa.LargeListType):
        return _is_picture(kind.value_type)
    return pa.types.is_struct(kind) and {kind.field(i).name for i in range(kind.num_fields)} >= {"bytes", "path"}


def _is_readable(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.DictionaryType):
        return _is_readable(kind.value_type)
    if pa.types.is_struct(kind):
        return all(_is_readable(kind.field(index).type) for index in range(kind.num_fields))
    if isinstance(kind, pa.ListType | pa.LargeListType | pa.FixedSizeListType):
        return _is_text(kind.value_type) or pa.types.is_integer(kind.value_type)
    return (
        _is_text(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
        or (pa.types.is_temporal(kind) and not pa.types.is_duration(kind) and not pa.types.is_interval(kind))
    )


def _names_in(name: str, kind: pa.DataType) -> Iterator[str]:
    if not pa.types.is_struct(kind):
        yield name
        return
    for index in range(kind.num_fields):
        inner = kind.field(index)
        yield from _names_in(f"{name}.{inner.name}", inner.type)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return pa.timestamp("us", tz=kind.tz)
    return pa.time64("us") if pa.types.is_time64(kind) else kind
