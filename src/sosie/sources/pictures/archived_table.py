"""A table in a zip archive beside its pictures."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from sosie.sources.files.data import files_in_zip
from sosie.sources.streamed import Entry
from sosie.sources.tables.table import TableSource
from sosie.support.urls import is_url
from sosie.types import Item, Rejection

_LARGEST = 100_000_000
"""Most bytes of an unpacked picture; larger ones are not read."""


class ArchivedTableSource(TableSource):
    """A table in a zip archive; paths of pictures lead to files of the archive, from the table's folder or its root.

    A path that leads to none of them is looked for by its file name, if only one file has it.
    """

    def entries(self) -> Iterator[Entry]:
        """See ``TableSource``, with the bytes of pictures."""
        with zipfile.ZipFile(self.files[0]) as archive:
            members = _members(archive)
            for place, entry in super().entries():
                yield place, self._with_picture(entry, archive, members) if isinstance(entry, Item) else entry

    def _with_picture(self, item: Item, archive: zipfile.ZipFile, members: dict[str, str]) -> Item | Rejection:
        if not isinstance(item.image, str) or is_url(item.image) or item.picture is not None:
            return item
        path = os.path.relpath(item.image, self._rows.folder).replace("\\", "/")
        member = members.get(path.casefold()) or members.get(PurePosixPath(path).name.casefold())
        if not member:
            return Rejection(item.item_id, "read", f"no file {path!r} in {str(self.files[0])!r}")
        if archive.getinfo(member).file_size > _LARGEST:
            return Rejection(item.item_id, "read", f"{member!r} would unpack to more than {_LARGEST / 1e6:.0f} MB")
        data = archive.read(member) if self._with_pictures else b""
        return replace(item, image=f"{self.files[0]}/{member}", picture=data)


def _members(archive: zipfile.ZipFile) -> dict[str, str]:
    """The files of an archive by each end of their paths; an empty name if several files have the same end."""
    members: dict[str, str] = {}
    for entry in files_in_zip(archive):
        parts = entry.filename.split("/")
        for start in range(len(parts)):
            end = "/".join(parts[start:]).casefold()
            members[end] = "" if end in members and start else entry.filename
    return members
