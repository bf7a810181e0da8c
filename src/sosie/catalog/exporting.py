"""Exports the items of a catalog as a table that ``index`` can read: Parquet, CSV or JSON Lines."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sosie.errors import ItemNotFound, UsageError
from sosie.support.parquet import ParquetWriter
from sosie.support.spreadsheets import neutralize
from sosie.types import JSON, AttributeType, AttributeValue, Record, Vectors

if TYPE_CHECKING:
    from sosie.catalog.base import CatalogProtocol

STRUCTURAL = ("item_id", "product_id", "image", "links")
VECTOR = "vector"
BATCH = 1000
_PARQUET = {"string": "VARCHAR", "strings": "VARCHAR[]", "number": "DOUBLE", "boolean": "BOOLEAN"}
_PARQUET_STRUCTURAL = {**dict.fromkeys(STRUCTURAL, "VARCHAR"), "links": "VARCHAR[]", VECTOR: "FLOAT[]"}
_PLAIN_NAME = re.compile(r"[\w.~-]{1,100}", re.ASCII)


def row_of(record: Record, vector: Vectors | None = None) -> dict[str, JSON]:
    """An item as a flat row. Of mirrors only the first address is written, because a list means several views."""
    image = record.image if isinstance(record.image, str) else record.image[0]
    structural = (record.item_id, record.product_id, image, list(record.links))
    row = {**record.attributes, **dict(zip(STRUCTURAL, structural, strict=True))}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}
    return {**plain, VECTOR: vector.tolist()} if vector is not None else plain


def column_names(types: Mapping[str, AttributeType]) -> list[str]:
    """The columns for a catalog with these attributes."""
    return [*STRUCTURAL, *sorted(name for name in types if name not in STRUCTURAL)]


def table_format(path: str | os.PathLike[str]) -> str:
    """``parquet``, ``csv`` or ``jsonl``, by the ending of the file's name; ``UsageError`` for another ending."""
    ending = Path(path).suffix.lower()[1:]
    if ending not in _WRITERS:
        raise UsageError(f"cannot export to {str(path)!r}: expected a file that ends in .parquet, .csv or .jsonl")
    return ending


def export_catalog(
    catalog: CatalogProtocol,
    rows: Iterable[Mapping[str, JSON]],
    path: str | os.PathLike[str],
    total: int,
    dim: int,
    thumbnails: str | os.PathLike[str] | None,
    on_progress: Callable[[int, int | None], None],
) -> int:
    """Writes ``total`` rows of a catalog. If ``thumbnails`` names a folder, thumbnails are written into it."""
    folder = None if thumbnails is None else Path(thumbnails)

    def watched() -> Iterator[Mapping[str, JSON]]:
        for number, row in enumerate(rows, 1):
            if folder is not None:
                write_thumbnail(row["item_id"], catalog.thumbnail, folder)
            yield row
            on_progress(number, total)

    return export_rows(watched(), path, catalog.attributes(), dim)


def export_rows(
    rows: Iterable[Mapping[str, JSON]], path: str | os.PathLike[str], types: Mapping[str, AttributeType], dim: int = 0
) -> int:
    """Writes rows to a file in one step, and returns their number. ``dim`` is the length of their vectors."""
    count = 0
    with _beside(Path(path)) as beside, _WRITERS[table_format(path)](beside, types, dim) as table:
        rows = iter(rows)
        while batch := list(itertools.islice(rows, BATCH)):
            table.write(batch)
            count += len(batch)
    return count


def rows_to_csv(rows: Iterable[Mapping[str, JSON]], names: Sequence[str], header: bool = True) -> str:
    """Rows as CSV. Texts that a spreadsheet would run as formulas are made harmless."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    if header:
        table.writerow(map(_cell, names))
    table.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace").decode()


def write_thumbnail(item_id: str, thumbnail: Callable[[str], bytes], folder: Path) -> None:
    """Writes the thumbnail of an item, if it has one. The folder is created if necessary."""
    with suppress(ItemNotFound):
        data = thumbnail(item_id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / thumbnail_name(item_id)).write_bytes(data)


def thumbnail_name(item_id: str) -> str:
    """The file name of an item's thumbnail. An id that is not a plain file name is shortened and gets a digest."""
    if _PLAIN_NAME.fullmatch(item_id) and item_id[0] not in ".-":
        return f"{item_id}.jpg"
    readable = re.sub(r"[^\w~-]+", "_", item_id, flags=re.ASCII)[:60].strip("_-")
    return f"{readable}~{hashlib.sha256(item_id.encode()).hexdigest()[:12]}.jpg"


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path``. At the end of the block it replaces the file at ``path``."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _cell(value: JSON) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        if not value:
            return ""
        return value[0] if len(value) == 1 and _is_link(value[0]) else json.dumps(value, ensure_ascii=False)
    return neutralize(value) if isinstance(value, str) else value


def _is_link(value: AttributeValue) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


class _Table(ABC):
    """A file of rows; use it as a context manager."""

    def __init__(self, path: Path, types: Mapping[str, AttributeType], dim: int) -> None:
        self.names = [*column_names(types), *([VECTOR] if dim else [])]
        self.open(path, types, dim)

    def __enter__(self) -> _Table:
        return self

    @abstractmethod
    def __exit__(self, *error: object) -> None:
        """Ends the file."""

    @abstractmethod
    def open(self, path: Path, types: Mapping[str, AttributeType], dim: int) -> None:
        """Begins the file."""

    @abstractmethod
    def write(self, rows: Sequence[Mapping[str, JSON]]) -> None:
        """Adds rows."""


class _Text(_Table):
    def open(self, path: Path, types: Mapping[str, AttributeType], dim: int) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")

    def __exit__(self, *error: object) -> None:
        self._file.close()


class _JsonLines(_Text):
    def write(self, rows: Sequence[Mapping[str, JSON]]) -> None:
        self._file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


class _Csv(_Text):
    def open(self, path: Path, types: Mapping[str, AttributeType], dim: int) -> None:
        super().open(path, types, dim)
        self._file.write(rows_to_csv([], self.names))

    def write(self, rows: Sequence[Mapping[str, JSON]]) -> None:
        self._file.write(rows_to_csv(rows, self.names, header=False))


class _Parquet(_Table):
    def open(self, path: Path, types: Mapping[str, AttributeType], dim: int) -> None:
        kinds = {**{name: _PARQUET[kind] for name, kind in types.items()}, **_PARQUET_STRUCTURAL}
        self._writer = ParquetWriter(path, {name: kinds[name] for name in self.names})

    def __enter__(self) -> _Table:
        self._writer.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._writer.__exit__(*error)

    def write(self, rows: Sequence[Mapping[str, JSON]]) -> None:
        self._writer.write(rows)


_WRITERS: Mapping[str, type[_Table]] = {"parquet": _Parquet, "csv": _Csv, "jsonl": _JsonLines}
