"""A folder of pictures as a source."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.files.magic import is_picture
from sosie.sources.pictures.endings import SUFFIXES
from sosie.sources.pictures.sidecars import Sidecars
from sosie.sources.report import Journal, SourceReport
from sosie.sources.streamed import Entry, StreamedSource
from sosie.types import AttributeValue, Item, Rejection

_OTHER_FILES = frozenset((
    ".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".htm", ".md", ".rst", ".py", ".js", ".css",
    ".php", ".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ods", ".zip", ".gz", ".tar", ".rar", ".7z", ".db",
    ".sqlite", ".parquet", ".npy", ".npz", ".pt", ".pth", ".onnx", ".mp4", ".mov", ".avi", ".webm", ".mp3",
    ".wav", ".log", ".ini", ".cfg", ".yaml", ".yml", ".toml", ".sh", ".bat", ".exe", ".dll", ".lnk",
))  # fmt: skip
"""Endings of files that are never opened as pictures."""

_TABLES = frozenset(
    (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".jsonl", ".ndjson", ".xml", ".parquet", ".db", ".sqlite")
)
"""Endings of tables that may list the pictures beside them."""

_IMG2DATASET = re.compile(r"\d{5,}(?:\.parquet|_stats\.json)")
_MOST_BESIDE = 1_000_000


class FolderSource(StreamedSource):
    """The pictures in a folder and its sub-folders, by name in code point order.

    Files are selected by their ending (``SUFFIXES``, either case), so broken pictures are reported. A file with another
    ending, such as ``2.jpg?v=17``, is selected if it begins like a picture. Other files are skipped and counted. Names
    that begin with a dot are ignored. Links are followed, but not into a folder that contains them. If img2dataset made
    the folder, captions and JSON beside a picture become attributes.

    - ``item_id``: the path below the folder, with ``/``, in Unicode's composed form (NFC). So ids stay the same in a
      copy from a system with decomposed names.
    - ``product_id``: the item_id or, with ``product_from_folder``, the sub-folder if there is one.
    - ``image``: the absolute path.

    The sub-folder is the attribute ``folder``.
    """

    def __init__(self, path: str | os.PathLike[str], *, product_from_folder: bool = False) -> None:
        """``SourceError`` if ``path`` is not a readable folder."""
        self._root = Path(path).absolute()
        self._product_from_folder = product_from_folder
        self._journal, self._table = Journal(), ""
        try:
            top = _listed(str(self._root))
        except OSError as error:
            raise SourceError(f"cannot read the folder {str(path)!r}: {error.strerror}; check the path") from error
        self._has_sidecars = any(_IMG2DATASET.fullmatch(file.name) for file in top)

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        return f"the folder {str(self._root)!r}"

    @property
    def expected(self) -> str:
        """See ``StreamedSource``."""
        return "at least one file with the ending of a picture, such as .jpg, .png, .webp or .heic"

    def attribute_names(self) -> frozenset[str] | None:
        """See ``StreamedSource``."""
        return None if self._has_sidecars else frozenset(("folder",))

    def report(self) -> SourceReport:
        """See ``StreamedSource``."""
        return self._journal.report(SourceReport(str(self), "a folder of pictures"))

    def entries(self) -> Iterator[Entry]:
        """Every picture file. An unreadable sub-folder gives a rejection with its path."""
        self._journal, self._table = Journal(), ""
        levels = [_Level(str(self._root), "")]
        while levels:
            file = next(levels[-1].files, None)
            if file is None:
                levels.pop()
            elif _is_folder(file):
                yield from self._enter(file, levels)
            elif _may_be_folder(file):
                yield _rejected(f"{levels[-1].below}{file.name}/", "cannot be read, or is a broken link")
            elif self._is_picture(file):
                yield self._entry(file, levels[-1].below)
        if self._table:
            self._journal.note(f"{self._table!r} was not read: if it is a table of these pictures, index it instead")

    def _is_picture(self, file: os.DirEntry[str]) -> bool:
        suffix = Path(file.name).suffix.lower()
        if suffix in SUFFIXES or (suffix not in _OTHER_FILES and _is_picture_by_content(file)):
            return True
        if not (self._has_sidecars and suffix in (".json", ".txt")):
            readable = file.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            self._journal.skip("files that are no pictures", f"ending {suffix}" if suffix else "no ending", readable)
            if suffix in _TABLES and Path(file.path).parent == self._root:
                self._table = self._table or readable
        return False

    def _enter(self, folder: os.DirEntry[str], levels: list[_Level]) -> Iterator[Entry]:
        below = f"{levels[-1].below}{folder.name}/"
        try:
            inner = _Level(folder.path, below)
        except OSError as error:
            yield _rejected(below, f"cannot read this folder: {error.strerror}")
            return
        if all(inner.identity != outer.identity for outer in levels):
            levels.append(inner)

    def _entry(self, file: os.DirEntry[str], below: str) -> Entry:
        path = below + file.name
        if not _is_utf8(file.path):
            return _rejected(path, "its path is not UTF-8, so it cannot be an item_id; rename the file or folder")
        if not _is_file(file):
            return _rejected(path, "not a file, or a broken link")
        item_id = unicodedata.normalize("NFC", path)
        folder = item_id.rpartition("/")[0]
        product_id = folder if folder and self._product_from_folder else item_id
        attributes: dict[str, AttributeValue] = {"folder": folder} if folder else {}
        beside = _beside(file.path) if self._has_sidecars else Sidecars()
        attributes |= beside.attributes(self._journal)
        return f"file {path!r}", Item(item_id, product_id, file.path, beside.links, attributes)


class _Level:
    """A folder that is being read, with its remaining files."""

    def __init__(self, path: str, below: str) -> None:
        self.below = below
        self.files = iter(_listed(path))
        status = os.stat(path)  # noqa: PTH116 - a Path for every folder is slow
        self.identity = (status.st_dev, status.st_ino)


def _listed(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as files:
        return sorted((file for file in files if not file.name.startswith(".")), key=lambda file: file.name)


def _is_folder(file: os.DirEntry[str]) -> bool:
    try:
        return file.is_dir()
    except OSError:
        return False


def _may_be_folder(file: os.DirEntry[str]) -> bool:
    """True for a name without an ending that cannot be examined, such as a mount point of a missing disk."""
    if Path(file.name).suffix:
        return False
    try:
        file.stat()
    except OSError:
        return True
    return False


def _is_file(file: os.DirEntry[str]) -> bool:
    try:
        return file.is_file()
    except OSError:
        return False


def _is_picture_by_content(file: os.DirEntry[str]) -> bool:
    """True if a file begins like a picture. True also if it cannot be opened, so that it is reported."""
    if not _is_file(file):
        return False
    try:
        with open(file.path, "rb") as stream:  # noqa: PTH123 - a Path for every file is slow
            return is_picture(stream.read(64))
    except OSError:
        return True


def _beside(picture: str) -> Sidecars:
    sidecars = Sidecars()
    for suffix in (".json", ".txt"):
        path = Path(picture).with_suffix(suffix)
        try:
            if path.stat().st_size <= _MOST_BESIDE:
                sidecars.add(suffix, path.read_bytes())
        except OSError:
            continue
    return sidecars


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rejected(path: str, reason: str) -> Entry:
    readable = unicodedata.normalize("NFC", path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))
    return f"file {readable!r}", Rejection(readable, "source", reason)
