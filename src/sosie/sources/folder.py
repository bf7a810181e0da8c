"""A folder of pictures as a source."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.streamed import Entry, StreamedSource
from sosie.types import Item, Rejection

_SUFFIXES = """
.apng .avif .avifs .bmp .cur .dcx .dds .dib .gif .heic .heics .heif .heifs .hif .icb .icns .ico .im .j2c .j2k .jfif
.jp2 .jpc .jpe .jpeg .jpf .jpg .jpx .msp .pbm .pcd .pcx .pfm .pgm .png .pnm .ppm .psd .pxr .qoi .ras .sgi .tga .tif
.tiff .vda .vst .webp .xbm .xpm
"""
_SELDOM_READ = """
.arw .cr2 .cr3 .dng .emf .eps .jxl .nef .orf .rw2 .svg .svgz .wmf
"""
SUFFIXES = frozenset((_SUFFIXES + _SELDOM_READ).split())
"""Endings, in lower case, of the files that are taken for pictures: of formats that can be read, and of drawings and
raw photos that cannot, so that they are reported and not overlooked."""


class FolderSource(StreamedSource):
    """Every picture in a folder and its sub-folders, by name in code point order.

    A file is taken by its ending (``SUFFIXES``, either case), so a broken picture is reported and not overlooked; other
    files, files without an ending, and everything whose name begins with a dot are passed over. Links are followed,
    but not into a folder that they lie in.

    ``item_id`` is the path below the folder, with ``/``, in Unicode's composed form (NFC): a folder copied from a
    machine that decomposes names keeps its ids. ``product_id`` is the item_id, or with ``product_from_folder`` the
    sub-folder, where there is one. The sub-folder is the attribute ``folder``. ``image`` is the absolute path.
    """

    def __init__(self, path: str | os.PathLike[str], *, product_from_folder: bool = False) -> None:
        """``SourceError`` where ``path`` is no folder that can be read."""
        self._root = Path(path).absolute()
        self._product_from_folder = product_from_folder
        try:
            _listed(str(self._root))
        except OSError as error:
            raise SourceError(f"cannot read the folder {str(path)!r}: {error.strerror}; check the path") from error

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        return f"the folder {str(self._root)!r}"

    @property
    def expected(self) -> str:
        """See ``StreamedSource``."""
        return "at least one file that ends as pictures do, such as .jpg, .png, .webp or .heic"

    def attribute_names(self) -> frozenset[str]:
        """See ``StreamedSource``."""
        return frozenset(("folder",))

    def entries(self) -> Iterator[Entry]:
        """Every picture file; a sub-folder that cannot be read is a rejection with its own path."""
        levels = [_Level(str(self._root), "")]
        while levels:
            file = next(levels[-1].files, None)
            if file is None:
                levels.pop()
            elif _is_folder(file):
                yield from self._enter(file, levels)
            elif Path(file.name).suffix.lower() in SUFFIXES:
                yield self._entry(file, levels[-1].below)

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
            return _rejected(path, "its path is not UTF-8, so no item_id can hold it; rename the file or folder")
        if not _is_file(file):
            return _rejected(path, "not a file, or a link that leads nowhere")
        item_id = unicodedata.normalize("NFC", path)
        folder = item_id.rpartition("/")[0]
        product_id = folder if folder and self._product_from_folder else item_id
        return f"file {path!r}", Item(item_id, product_id, file.path, (), {"folder": folder} if folder else {})


class _Level:
    """A folder on the way down, and what is left to visit in it."""

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


def _is_file(file: os.DirEntry[str]) -> bool:
    try:
        return file.is_file()
    except OSError:
        return False


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _rejected(path: str, reason: str) -> Entry:
    readable = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return f"file {readable!r}", Rejection(readable, "source", reason)
