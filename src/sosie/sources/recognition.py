"""Recognizes the kind of source at a path, mostly by its content. In doubtful cases the ending decides."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from sosie.errors import SourceError
from sosie.sources.base import Source
from sosie.sources.files.data import DataFile, files_in_zip
from sosie.sources.files.foreign import reason_to_refuse
from sosie.sources.files.magic import HEAD, Content, content_of, is_picture
from sosie.sources.formats.rows import Rows
from sosie.sources.pictures.endings import SUFFIXES

Kind: TypeAlias = Literal["a folder", "an archive", "a table", "an iMaterialist file", "a COCO file"]

EXPECTED = (
    "a folder or archive (.zip, .tar) of pictures, a table (CSV, JSON, Parquet, spreadsheet, SQLite), a feed (XML) or "
    "iMaterialist JSON"
)
_HEAD_OF_PAGE = 1 << 20
_TABLE_ENDINGS = frozenset([".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".xml", ".gz"])


@dataclass(frozen=True, slots=True)
class Options:
    """Options for opening a source. Each applies to some kinds only."""

    label: str | int | None = None
    images_dirs: Sequence[Path] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    product_from_folder: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of source, with the function that opens it."""

    kind: Kind
    open: Callable[[Options], Source]
    rows: Callable[[Options], Rows] | None = None


def recognize(file: DataFile) -> Format:
    """The kind of a file or folder; ``SourceError`` if it does not exist, is empty, or is not a source."""
    path = file.path
    if path.is_dir():
        return _in_folder(path)
    if not path.exists():
        raise SourceError(f"no file or folder at {str(path)!r}, relative to {str(Path.cwd())!r}; expected {EXPECTED}")
    if not path.is_file():
        raise SourceError(f"{str(path)!r} is not a source; expected {EXPECTED}")
    head = _head_as_stored(path)
    if (reason := reason_to_refuse(head)) is not None:
        raise SourceError(f"{str(file)!r} {reason}")
    content = content_of(head)
    if content == "zip":
        return _in_zip(file)
    if content == "tar" or (content == "binary" and _is_compressed_tar(file)):
        return _archive([path])
    if content == "parquet":
        return _parquet(path)
    return _Text(file).recognize()


class _Text:
    """A text file, compressed or not."""

    def __init__(self, file: DataFile) -> None:
        self._file = file

    @cached_property
    def _head(self) -> bytes:
        return self._file.head(HEAD)

    def recognize(self) -> Format:
        """The kind of a file that is neither an archive nor Parquet."""
        content: Content = content_of(self._head)
        if content == "empty":
            return self._empty()
        if content == "xml":
            return _table(lambda options: _xml(self._file))
        if content == "html" and b"<table" in self._file.head(_HEAD_OF_PAGE).lower():
            return _table(lambda options: _html(self._file))
        if content == "xls":
            return _table(lambda options: _workbook(self._file, options))
        if content == "json":
            return self._json()
        if content == "sqlite" and not self._file.compression:
            return _table(lambda options: _sqlite(self._file))
        if content == "text" or (content == "binary" and self._file.path.suffix.lower() in (".csv", ".tsv", ".txt")):
            return _table(lambda options: _delimited(self._file))
        raise SourceError(self._refusal(content))

    def _empty(self) -> Format:
        if not self._head and self._file.path.suffix.lower() in (".csv", ".tsv", ".txt"):
            return _table(lambda options: _delimited(self._file))
        if self._file.path.suffix.lower() in _TABLE_ENDINGS:
            raise SourceError(f"{self._file} is empty: check that it is the right file and completely written")
        raise SourceError(f"{str(self._file)!r} is not a source; expected {EXPECTED}")

    def _json(self) -> Format:
        from sosie.sources.annotated.coco import CocoSource, is_coco
        from sosie.sources.formats.json_lines import (
            JsonDocumentRows,
            JsonKeyedRows,
            JsonLinesRows,
            find_keyed,
            find_list,
            find_list_in_array,
            is_json_lines,
            stream,
        )

        file, named_so = self._file, self._file.path.suffix.lower() in (".jsonl", ".ndjson")
        has_lines = is_json_lines(self._whole_lines(), named_so)
        keyed = None if named_so or (has_lines and self._whole_lines().count(b"\n") > 1) else find_keyed(file)
        if keyed is not None:
            return _table(lambda options: JsonKeyedRows(file, keyed))
        if has_lines:
            is_single = not named_so and self._whole_lines().count(b"\n") < 2
            return (_json_table(file) if is_single else None) or _table(lambda options: JsonLinesRows(file))
        if self._head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
            is_table = isinstance(next(stream(file, "item"), None), list)
            return (_json_table(file) if is_table else None) or _table(
                lambda options: JsonDocumentRows(file, find_list_in_array(file))
            )
        image = next(stream(file, "images.item"), None)
        if is_coco(image) and not (isinstance(image, dict) and "url" in image):
            return Format("a COCO file", lambda options: CocoSource(file, images_dirs=options.images_dirs))
        if self._is_imaterialist(image):
            return Format("an iMaterialist file", lambda options: _imaterialist(file, options))
        prefix = find_list(file)
        if prefix is not None:
            return _table(lambda options: JsonDocumentRows(file, prefix))
        if (table := _json_table(file)) is not None:
            return table
        raise SourceError(f"{str(file)!r} has no list of products; expected one, such as [{{…}}, {{…}}], in the JSON")

    def _is_imaterialist(self, image: object) -> bool:
        if image is None:
            from sosie.sources.formats.json_lines import top_level_keys

            return b'"images"' in self._head and "images" in top_level_keys(self._file)
        return isinstance(image, dict) and "url" in image and bool({"id", "image_id"} & image.keys())

    def _whole_lines(self) -> bytes:
        """The first three whole lines, by which JSON Lines is recognized; the first MiB if it has fewer line ends."""
        head = self._file.head(1 << 20)
        return head if head.count(b"\n") < 3 else b"".join(head.splitlines(keepends=True)[:3])

    def _refusal(self, content: Content) -> str:
        reasons = {
            "html": "is a web page, perhaps a log-in page: fetch the feed itself",
            "picture": "is a picture: give its folder",
            "pdf": "is a PDF document",
            "sqlite": "is a compressed SQLite database: unpack it",
        }
        return (
            f"{str(self._file)!r} is not a source: it {reasons[content]}; expected {EXPECTED}"
            if content in reasons
            else (f"{str(self._file)!r} is not a source; expected {EXPECTED}")
        )


def _head_as_stored(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(HEAD)
    # compressed bytes could look like anything, so return dummy bytes that are recognized as "binary"
    return b"\1" * 600 if head.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")) else head


def _is_compressed_tar(file: DataFile) -> bool:
    import tarfile

    return bool(file.compression) and tarfile.is_tarfile(file.path)


def _in_zip(file: DataFile) -> Format:
    """The kind of a zip file: a spreadsheet, pictures, or a single data file."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            names = [entry.filename for entry in files_in_zip(archive)]
    except (zipfile.BadZipFile, OSError) as error:
        raise SourceError(f"{file} is a zip archive that cannot be read: {error}; fetch it again") from error
    if "word/document.xml" in names:
        raise SourceError(f"{str(file)!r} is a Word document: save its table as Excel or CSV")
    if any(name.endswith(".iwa") for name in names):
        raise SourceError(f"{str(file)!r} is an Apple Numbers document: export it as Excel or CSV")
    if {"[Content_Types].xml", "mimetype"} & set(names):
        return _table(lambda options: _workbook(file, options))
    if file.compression == "zip" and content_of(file.head(HEAD)) in ("text", "xml", "json"):
        return _Text(file).recognize()
    pictures = _archive([file.path])
    table = _table_among(names)
    return pictures if table is None else _archived_table(file, table, pictures if _has_pictures(names) else None)


def _archived_table(file: DataFile, table: str, pictures: Format | None) -> Format:
    """A table in a zip file. One that names no pictures, as a list of labels, yields to the pictures beside it."""

    def open_table(options: Options) -> Source:
        from sosie.sources.pictures.archived_table import ArchivedTableSource

        try:
            rows = _rows_of_member(DataFile(file.path, member=table), options)
            return ArchivedTableSource(rows, columns=options.columns, types=options.types)
        except SourceError:
            if options.columns or pictures is None:
                raise
            return pictures.open(options)

    return Format("a table", open_table)


def _rows_of_member(file: DataFile, options: Options) -> Rows:
    """The rows of a table in a zip file; ``SourceError`` if the file is no table."""
    suffix = PurePosixPath(file.member).suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _delimited(file)
    if suffix == ".xlsx":
        return _workbook(file, options)
    rows = _Text(file).recognize().rows
    if rows is None:
        raise SourceError(f"{file} is not a table; expected {EXPECTED}")
    return rows(options)


def _has_pictures(names: Sequence[str]) -> bool:
    return any(Path(name).suffix.lower() in SUFFIXES for name in names)


def _table_among(names: Sequence[str]) -> str | None:
    """The only table among the files of an archive; None if there are several, or none.

    CSV and TSV have priority. A file with the name of a picture belongs to this picture.
    """
    pictures = {str(PurePosixPath(name).with_suffix("")) for name in names if _has_pictures([name])}
    for endings in (".csv", ".tsv"), (".xlsx", ".json", ".jsonl", ".ndjson", ".xml"):
        tables = [name for name in names if name.lower().endswith(endings)]
        if tables:
            is_table = len(tables) == 1 and str(PurePosixPath(tables[0]).with_suffix("")) not in pictures
            return tables[0] if is_table else None
    return None


def _in_folder(path: Path) -> Format:
    """The kind of a folder: pictures or, if there are none, Parquet files or archives of pictures."""
    from sosie.sources.pictures.folder import FolderSource

    data_files = _data_in(path)
    if data_files and data_files[0].suffix == ".parquet":
        return _table(lambda options: _parquet_rows(path))
    if data_files:
        return _archive(data_files)
    return Format("a folder", lambda options: FolderSource(path, product_from_folder=options.product_from_folder))


def _data_in(folder: Path) -> list[Path]:
    """The archives, or else the Parquet files, in a folder. Empty if the folder has a picture."""
    archives: list[Path] = []
    tables: list[Path] = []
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(place, name)
            suffix = path.suffix.lower()
            if suffix in (".tar", ".zip"):
                archives.append(path)
            elif suffix == ".parquet":
                tables.append(path)
            elif suffix in SUFFIXES or (suffix not in _NO_PICTURES and _begins_like_a_picture(path)):
                return []
    return sorted(archives) or sorted(tables)


_NO_PICTURES = frozenset((".json", ".txt", ".csv", ".crc", ".md"))


def _begins_like_a_picture(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return is_picture(file.read(64))
    except OSError:
        return False


def _archive(paths: Sequence[Path]) -> Format:
    from sosie.sources.pictures.archive import ArchiveSource

    return Format("an archive", lambda options: ArchiveSource(paths, product_from_folder=options.product_from_folder))


def _parquet(path: Path) -> Format:
    from sosie.sources.annotated.download import FetchedSource, attributes_of_download

    attributes = attributes_of_download(path)
    if attributes is None:
        return _table(lambda options: _parquet_rows(path))
    opened = _table(lambda options: _parquet_rows(path)).open
    return Format("a table", lambda options: opened(options) if options.columns else FetchedSource(path, attributes))


def _parquet_rows(path: Path) -> Rows:
    from sosie.sources.formats.parquet import ParquetRows

    return ParquetRows(path)


def _table(rows: Callable[[Options], Rows]) -> Format:
    from sosie.sources.tables.table import TableSource

    return Format(
        "a table",
        lambda options: TableSource(
            rows(options), columns=options.columns, types=options.types, images_dirs=options.images_dirs
        ),
        rows,
    )


def _json_table(file: DataFile) -> Format | None:
    from sosie.sources.formats.json_tables import JsonTableRows, table_in

    rows = table_in(file)
    return None if rows is None else _table(lambda options: JsonTableRows(file, rows))


def _xml(file: DataFile) -> Rows:
    from sosie.sources.formats.xml_feed import XmlFeedRows

    return XmlFeedRows(file)


def _html(file: DataFile) -> Rows:
    from sosie.sources.formats.html_table import HtmlTableRows

    return HtmlTableRows(file)


def _workbook(file: DataFile, options: Options) -> Rows:
    from sosie.sources.formats.workbook import WorkbookRows

    return WorkbookRows(file, options.sheet)


def _sqlite(file: DataFile) -> Rows:
    from sosie.sources.formats.sqlite import SqliteRows

    return SqliteRows(file)


def _delimited(file: DataFile) -> Rows:
    from sosie.sources.formats.delimited import DelimitedRows

    return DelimitedRows(file)


def _imaterialist(file: DataFile, options: Options) -> Source:
    from sosie.sources.annotated.imaterialist import ImaterialistSource

    if len(options.images_dirs) > 1:
        raise SourceError(
            f"{file} is an iMaterialist file, whose pictures are in a single folder; give only one folder"
        )
    folder = options.images_dirs[0] if options.images_dirs else None
    return ImaterialistSource(file.path, label=options.label, images_dir=folder)
