"""Opens the source for a path, a URL or a table in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sosie.errors import SourceError, UsageError
from sosie.sources.base import Source
from sosie.sources.files.data import DataFile
from sosie.sources.recognition import EXPECTED, Format, Kind, Options, recognize
from sosie.support.urls import is_url
from sosie.types import Item

_APPLICABLE_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "label": ("an iMaterialist file",),
    "images_dirs": ("a table", "an iMaterialist file", "a COCO file"),
    "columns": ("a table",),
    "types": ("a table",),
    "sheet": ("a table",),
    "product_from_folder": ("a folder", "an archive"),
}
_OPTION_NAMES: Mapping[str, str] = {
    "label": "a label (--label)",
    "images_dirs": "a folder of its pictures (--images)",
    "columns": "a mapping of columns (--column)",
    "types": "a type of a column (--type)",
    "sheet": "a sheet (--sheet-name)",
    "product_from_folder": "product_from_folder (--product-from-folder)",
}


def opened(source: object) -> Source:
    """Returns a source; a path, a URL, or a table in memory is opened.

    A table is a list of dictionaries or of ``Item``s, a pandas or polars data frame, or an Arrow table.
    """
    if isinstance(source, str | Path):
        return open_source(source)
    if hasattr(source, "shard") and hasattr(source, "count") and not _is_frame(source):
        return source  # type: ignore[return-value]
    return open_table(source)


def open_table(
    table: Any,
    *,
    columns: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    images_dir: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
) -> Source:
    """The source of a table in memory; ``UsageError`` for other objects."""
    from sosie.sources.formats.frames import FrameRows
    from sosie.sources.pictures.listed import ListedItems
    from sosie.sources.tables.table import TableSource

    if not _is_frame(table):
        if not isinstance(table, Iterable) or isinstance(table, str | bytes | Mapping):
            raise UsageError(f"a {type(table).__name__} is not a source: expected {EXPECTED}, a list or a data frame")
        table = list(table)
        if table and all(isinstance(entry, Item) for entry in table):
            return ListedItems(table)
    return TableSource(FrameRows(table), columns=columns, types=types, images_dirs=_folders(images_dir))


def open_source(
    path: str | os.PathLike[str],
    *,
    label: str | int | None = None,
    images_dir: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    columns: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    sheet: str | None = None,
    product_from_folder: bool = False,
) -> Source:
    """Opens the source at a path or URL; its kind is recognized by its content.

    - ``label``: for iMaterialist files.
    - ``images_dir`` (one folder or several): for sources that name pictures.
    - ``columns``, ``types``, ``sheet``: for tables.
    - ``product_from_folder``: for folders and archives.

    ``UsageError`` for an option that does not apply. ``SourceError`` if nothing is at the path, or it cannot be read,
    or is not a source.
    """
    options = Options(label, _folders(images_dir), columns or {}, types or {}, sheet, product_from_folder)
    file = _file_at(path)
    try:
        format = recognize(file)
        _refuse_inapplicable(file, format, options)
        return format.open(options)
    except OSError as error:
        raise SourceError(f"cannot read {str(file)!r}: {error.strerror or error}; expected {EXPECTED}") from error


def _file_at(path: str | os.PathLike[str]) -> DataFile:
    if is_url(str(path)):
        from sosie.sources.files.remote import fetch_feed

        return fetch_feed(str(path))
    return DataFile(Path(path))


def _folders(given: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None) -> tuple[Path, ...]:
    if given is None:
        return ()
    return (Path(given),) if isinstance(given, str | os.PathLike) else tuple(map(Path, given))


def _is_frame(value: object) -> bool:
    from sosie.sources.formats.frames import is_frame

    return is_frame(value)


def _refuse_inapplicable(file: DataFile, format: Format, options: Options) -> None:
    for name, kinds in _APPLICABLE_KINDS.items():
        value = getattr(options, name)
        if (value or value == 0) and value is not False and format.kind not in kinds:
            raise UsageError(
                f"{_OPTION_NAMES[name]} applies to {' or '.join(kinds)}, but {str(file)!r} is {format.kind}; "
                "leave it out"
            )
