"""Reads data files, compressed or not."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sosie.errors import SourceError

_OPENERS: dict[bytes, tuple[str, Callable[[Path], IO[bytes]]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),  # type: ignore[dict-item]
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ\x00": ("xz", lzma.open),
}
DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)
"""Errors that a decompressor raises for a truncated or damaged file."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file that is decompressed while it is read. In messages, ``label`` is shown instead of its path.

    With ``member``, the file of this name in a zip archive.
    """

    path: Path
    label: str = ""
    member: str = ""

    def __str__(self) -> str:
        return self.label or (f"{self.path}/{self.member}" if self.member else str(self.path))

    @property
    def compression(self) -> str:
        """The file's compression, by its first bytes; empty if it is not compressed."""
        return "zip" if self.member else _compression(self.path)[0]

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Opens the uncompressed bytes; ``SourceError`` if the file is truncated or damaged, or changes meanwhile."""
        before = _version(self.path)
        with self._opened() as file:
            try:
                yield file
            except DAMAGE as error:
                raise SourceError(f"{self} is cut off or damaged: {error}; fetch it again") from error
        if _version(self.path) != before:
            raise SourceError(f"{self} changed while it was read; run this again when it is complete")

    def _opened(self) -> IO[bytes]:
        if self.member:
            return zipfile.ZipFile(self.path).open(self.member)
        return _compression(self.path)[1](self.path)

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.open() as file:
            return file.read(size)


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def files_in_zip(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files in a zip archive, without those that macOS adds."""
    return [entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX")]


def _only_member(path: Path) -> zipfile.ZipInfo | None:
    """The only file in a zip archive; None if there are several, or none."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = files_in_zip(archive)
    except (zipfile.BadZipFile, OSError):
        return None
    return files[0] if len(files) == 1 else None


def _open_zipped(path: Path) -> IO[bytes]:
    archive = zipfile.ZipFile(path)
    entry = _only_member(path)
    if entry is None:
        raise SourceError(f"{path} holds several files: name one of them")
    return archive.open(entry)


def _compression(path: Path) -> tuple[str, Callable[[Path], IO[bytes]]]:
    with path.open("rb") as file:
        start = file.read(6)
    if start.startswith(b"PK\x03\x04") and _only_member(path):
        return "zip", _open_zipped
    return next((opener for mark, opener in _OPENERS.items() if start.startswith(mark)), ("", lambda p: p.open("rb")))
