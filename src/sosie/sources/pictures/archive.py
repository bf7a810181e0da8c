"""Reads pictures in zip and tar archives, with the sidecar files of webdataset and img2dataset."""

from __future__ import annotations

import copy
import itertools
import lzma
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Self

from sosie.errors import SourceError
from sosie.sources.files.magic import is_picture
from sosie.sources.pictures.endings import SUFFIXES
from sosie.sources.pictures.sidecars import Sidecars
from sosie.sources.report import Journal, SourceReport
from sosie.sources.streamed import Entry, StreamedSource
from sosie.types import AttributeValue, Item, Rejection

_LARGEST = 100_000_000
"""Most bytes of an unpacked picture. Larger entries are not read."""

_BESIDE = frozenset((".json", ".txt", ".cls", ".caption", ".text"))
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, RuntimeError,
           NotImplementedError)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. ``read(n)`` returns at most n of its bytes."""

    name: str
    size: int
    read: Callable[[int], bytes]


class ArchiveSource(StreamedSource):
    """The pictures in archives, in order, without unpacking to disk.

    A picture may have sidecar files with the same name and another ending, as in webdataset: ``1.jpg``, ``1.json``,
    ``1.txt``. Then ``item_id`` is the name without ending, and their content becomes attributes. Without sidecar files,
    ``item_id`` is the path in the archive. ``product_id`` is the item_id or, with ``product_from_folder``, the folder
    in the archive. The folder is also the attribute ``folder``. Names that lead out of the archive are skipped.
    """

    def __init__(self, paths: Sequence[Path], *, product_from_folder: bool = False) -> None:
        self._paths = tuple(path.absolute() for path in paths)
        self._product_from_folder = product_from_folder
        self._with_pictures = True
        self._journal = Journal()

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        more = f" and {len(self._paths) - 1} more" if len(self._paths) > 1 else ""
        return f"the archive {str(self._paths[0])!r}{more}"

    @property
    def files(self) -> Sequence[Path]:
        """See ``StreamedSource``."""
        return self._paths

    @property
    def expected(self) -> str:
        """See ``StreamedSource``."""
        return "at least one picture in the archive"

    def without_pictures(self) -> Self:
        """See ``StreamedSource``."""
        other = copy.copy(self)
        other._with_pictures = False
        return other

    def report(self) -> SourceReport:
        """See ``StreamedSource``."""
        kind = "zip archive" if zipfile.is_zipfile(self._paths[0]) else "tar archive"
        return self._journal.report(SourceReport(str(self), kind))

    def entries(self) -> Iterator[Entry]:
        """Every picture of every archive. A truncated archive ends the reading with ``SourceError``."""
        self._journal = Journal()
        for path in self._paths:
            try:
                members = _zip_members(path) if zipfile.is_zipfile(path) else _tar_members(path, self._journal)
                yield from self._of_archive(path, filter(self._is_wanted, members))
            except _DAMAGE as error:
                raise SourceError(f"{path} is cut off or damaged: {error}; fetch it again") from error

    def _is_wanted(self, member: Member) -> bool:
        parts = PurePosixPath(member.name.replace("\\", "/")).parts
        if any((part.startswith(".") and part not in (".", "..")) or part == "__MACOSX" for part in parts):
            return False
        if ".." in parts or member.name.startswith("/"):
            self._journal.skip("entries whose names lead out of the archive", "they are not read", member.name)
            return False
        return True

    def _of_archive(self, path: Path, members: Iterator[Member]) -> Iterator[Entry]:
        for key, group in itertools.groupby(members, key=lambda member: _key(member.name)):
            yield from self._of_group(path, key, group)

    def _of_group(self, path: Path, key: str, group: Iterator[Member]) -> Iterator[Entry]:
        """The pictures of a group of files, with their sidecars. Bytes are read at once: a tar archive is a stream."""
        pictures: list[tuple[str, bytes | Rejection]] = []
        beside = Sidecars()
        for member in group:
            suffix = PurePosixPath(member.name).suffix.lower()
            if suffix in SUFFIXES:
                pictures.append((member.name, self._read(member)))
            elif suffix in _BESIDE:
                beside.add(suffix, member.read(_LARGEST))
            elif is_picture(member.read(64)):
                pictures.append((member.name, self._read(member)))
            else:
                self._journal.skip("files that are no pictures", f"ending {suffix or 'none'}", member.name)
        if not pictures and beside:
            self._journal.skip("files that are no pictures", "no picture of the same name", key)
        for name, data in pictures:
            item_id = key if beside and len(pictures) == 1 else name
            yield self._entry(path, unicodedata.normalize("NFC", item_id), name, data, beside)

    def _read(self, member: Member) -> bytes | Rejection:
        if member.size > _LARGEST:
            return Rejection("", "read", f"it would unpack to {member.size / 1e6:,.0f} MB")
        if not self._with_pictures:
            return b""
        try:
            return member.read(_LARGEST)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error) as error:
            return Rejection("", "read", f"cannot be unpacked: {error}")

    def _entry(self, path: Path, item_id: str, name: str, data: bytes | Rejection, beside: Sidecars) -> Entry:
        place = f"entry {name!r}"
        if isinstance(data, Rejection):
            return place, Rejection(item_id, data.stage, f"{place}: {data.reason}")
        folder = str(PurePosixPath(name).parent)
        folder = "" if folder == "." else folder
        product_id = folder if folder and self._product_from_folder else item_id
        attributes: dict[str, AttributeValue] = {"folder": folder} if folder and not beside else {}
        attributes |= beside.attributes(self._journal)
        return place, Item(item_id, product_id, f"{path}/{name}", beside.links, attributes, data)


def _key(name: str) -> str:
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{file.partition('.')[0]}"


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        entries = sorted(
            (entry for entry in archive.infolist() if not entry.is_dir()), key=lambda entry: entry.filename
        )
        for entry in entries:
            yield Member(entry.filename, entry.file_size, partial(_of_zip, archive, entry))


def _of_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(entry) as file:
        return file.read(most)


def _tar_members(path: Path, journal: Journal) -> Iterator[Member]:
    with tarfile.open(path, "r:*") as archive:
        for entry in archive:
            if entry.isfile():
                yield Member(entry.name.removeprefix("./"), entry.size, partial(_of_tar, archive, entry))
            archive.members = []  # type: ignore[attr-defined]
        if not _has_end_mark(archive):
            journal.gap(f"{path} has no end mark; it was probably truncated")


def _has_end_mark(archive: tarfile.TarFile) -> bool:
    """True if a block of zeros follows the last entry. tarfile itself stops at anything that is not an entry."""
    file = archive.fileobj
    file.seek(archive.offset)
    return file.read(tarfile.BLOCKSIZE) == bytes(tarfile.BLOCKSIZE)


def _of_tar(archive: tarfile.TarFile, entry: tarfile.TarInfo, most: int) -> bytes:
    file = archive.extractfile(entry)
    return b"" if file is None else file.read(most)
