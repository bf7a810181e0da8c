"""Parquet tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sosie.errors import SourceError
from sosie.sources.columns import RESERVED
from sosie.sources.values import Row

_BATCH = 1024


class ParquetRows:
    """The rows of a Parquet file, numbered from 1, with Arrow types made plain; nanoseconds are cut off."""

    def __init__(self, path: Path) -> None:
        """``SourceError`` where it is no Parquet, or a column has a type that no attribute has."""
        self.path = path
        with self._open() as file:
            self._schema = file.schema_arrow
        for field in self._schema:
            if field.name not in RESERVED and not _is_readable(field.type):
                raise SourceError(
                    f"the column {field.name!r} of {path} holds {field.type}; expected text, numbers, booleans, "
                    "dates or lists of texts. Write the table without it"
                )

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The names in the schema."""
        return list(self._schema.names)

    def every_column(self) -> list[str]:
        """The names in the schema, those within structs too."""
        return [name for field in self._schema for name in _names_in(field.name, field.type)]

    def read(self, as_text: Collection[str]) -> Iterator[tuple[int, Row | SourceError]]:
        """Every row; Arrow types its values itself. ``SourceError`` where the file is damaged."""
        with self._open() as file:
            number = 0
            for rows in self._batches(file):
                for row in rows:
                    number += 1
                    yield number, row

    def _batches(self, file: pq.ParquetFile) -> Iterator[Sequence[Row]]:
        plain = pa.schema([field.with_type(_plain(field.type)) for field in self._schema])
        try:
            for batch in file.iter_batches(batch_size=_BATCH):
                yield pa.Table.from_batches([batch]).cast(plain, safe=False).to_pylist()
        except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
            raise SourceError(f"{self.path} is damaged or holds what cannot be read: {error}") from error

    def _open(self) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{self.path} is no Parquet file that can be read: {error}") from error


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
