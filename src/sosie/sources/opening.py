"""From what a person names to the source that reads it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from sosie.errors import SourceError, UsageError
from sosie.sources.base import Source
from sosie.sources.delimited import DelimitedRows
from sosie.sources.folder import FolderSource
from sosie.sources.table import Rows, TableSource

Kind: TypeAlias = Literal["a folder", "a table", "an iMaterialist file"]

ENDINGS: Mapping[str, Kind] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet"), "a table"),
    ".json": "an iMaterialist file",
}
OPTIONS: Mapping[str, Kind] = {
    "label": "an iMaterialist file",
    "images_dir": "an iMaterialist file",
    "columns": "a table",
    "product_from_folder": "a folder",
}
_SAID: Mapping[str, str] = {
    "label": "a label (--label)",
    "images_dir": "a folder of its pictures (--images)",
    "columns": "a mapping of columns (--column)",
    "product_from_folder": "product_from_folder",
}
_EXPECTED = "a folder of pictures, a table (.csv, .tsv, .txt, .jsonl, .ndjson, .parquet) or iMaterialist JSON (.json)"
_FIRST_BYTES = 4096


def opened(source: Source | str | Path) -> Source:
    """The source, opened where it is only named."""
    return open_source(source) if isinstance(source, str | Path) else source


def open_source(
    path: str | os.PathLike[str],
    *,
    label: str | int | None = None,
    images_dir: str | os.PathLike[str] | None = None,
    columns: Mapping[str, str] | None = None,
    product_from_folder: bool = False,
) -> Source:
    """The source at a path: a folder, or a file by its ending; a ``.json`` that is an array is a table.

    ``label`` and ``images_dir`` belong to iMaterialist files, ``columns`` to tables, ``product_from_folder`` to
    folders: ``UsageError`` where one is given that does not apply. ``SourceError`` where nothing is at the path, it
    cannot be read, or it is none of these.
    """
    place = Path(path)
    given = {"label": label, "images_dir": images_dir, "columns": columns, "product_from_folder": product_from_folder}
    try:
        kind = _kind_of(place)
        _refuse_others(place, kind, [name for name, value in given.items() if _is_given(value)])
        if kind == "a folder":
            return FolderSource(place, product_from_folder=product_from_folder)
        if kind == "a table":
            if fetched := _download(place, columns):
                return fetched
            return TableSource(_rows_of(place), columns=columns)
        return _imaterialist(place, label, images_dir)
    except OSError as error:
        raise SourceError(f"cannot read {str(path)!r}: {error.strerror}; expected {_EXPECTED}") from error


def _download(path: Path, columns: Mapping[str, str] | None) -> Source | None:
    """The source at the table of a download; a mapping of columns makes it a table like any other."""
    if path.suffix.lower() != ".parquet" or columns:
        return None
    from sosie.sources.fetched import FetchedSource, attributes_of_download

    attributes = attributes_of_download(path)
    return None if attributes is None else FetchedSource(path, attributes)


def _kind_of(path: Path) -> Kind:
    if path.is_dir():
        return "a folder"
    if not path.exists():
        raise SourceError(f"nothing is at {str(path)!r}, seen from {str(Path.cwd())!r}; expected {_EXPECTED}")
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        raise SourceError(f"{str(path)!r} is no source; expected {_EXPECTED}")
    return "a table" if kind == "an iMaterialist file" and _is_array(path) else kind


def _is_array(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_FIRST_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _is_given(value: object) -> bool:
    return not (value is None or value is False or value == {})


def _refuse_others(path: Path, kind: Kind, given: list[str]) -> None:
    for name in given:
        if OPTIONS[name] != kind:
            raise UsageError(f"{_SAID[name]} belongs to {OPTIONS[name]}, and {str(path)!r} is {kind}; leave it out")


def _rows_of(path: Path) -> Rows:
    ending = path.suffix.lower()
    if ending == ".parquet":
        from sosie.sources.parquet import ParquetRows

        return ParquetRows(path)
    if ending in (".json", ".jsonl", ".ndjson"):
        from sosie.sources.json_rows import JsonArrayRows, JsonLinesRows

        return JsonArrayRows(path) if ending == ".json" else JsonLinesRows(path)
    return DelimitedRows(path)


def _imaterialist(path: Path, label: str | int | None, images_dir: str | os.PathLike[str] | None) -> Source:
    from sosie.sources.imaterialist import ImaterialistSource

    return ImaterialistSource(path, label=label, images_dir=images_dir)
