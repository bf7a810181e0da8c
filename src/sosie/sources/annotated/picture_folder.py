"""Finds the pictures of an iMaterialist file in a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from sosie.errors import SourceError
from sosie.sources.streamed import digest_of

ENDINGS = ("", ".jpg", ".jpeg", ".png", ".webp")
_ID_NAME = re.compile(r"(?:[0-9]+|[0-9a-fA-F]{32})")


class HasUrls(Protocol):
    """A row with URLs."""

    @property
    def urls(self) -> tuple[str, ...]:
        """The row's URLs."""


class PictureFolder:
    """Finds the file of an image: by its id, with or without an ending, or else by the last part of a URL.

    The last part of a URL counts only if no other URL of the file has the same last part, and if it cannot be another
    image's id. A wrong picture is worse than none.
    """

    def __init__(self, path: Path, rows: Callable[[], Iterator[HasUrls]]) -> None:
        """``SourceError`` if ``path`` is not a folder. ``rows`` is read once, when a name in a URL is needed."""
        if not path.is_dir():
            raise SourceError(f"cannot search for pictures in {str(path)!r}: expected a folder; check the path")
        self._path = path.absolute()
        self._rows = rows

    def __str__(self) -> str:
        return f"the folder {str(self._path)!r}"

    def find(self, item_id: str, urls: Sequence[str]) -> str | None:
        """The absolute path of the picture; None if there is none."""
        stem = item_id.removesuffix(".jpg")
        names = dict.fromkeys([item_id, *(stem + ending for ending in ENDINGS)])
        return self._existing(names) or self._existing(filter(self._is_own, map(name_in_url, urls)))

    def _existing(self, names: Iterable[str]) -> str | None:
        places = (self._path / name for name in names if name and Path(name).name == name and "\0" not in name)
        return next((str(place) for place in places if place.is_file()), None)

    def _is_own(self, name: str) -> bool:
        return not _ID_NAME.fullmatch(Path(name).stem) and digest_of(name) not in self._shared_names

    @cached_property
    def _shared_names(self) -> frozenset[int]:
        once: set[int] = set()
        again: set[int] = set()
        for row in self._rows():
            for digest in {digest_of(name_in_url(url)) for url in row.urls}:
                (again if digest in once else once).add(digest)
        return frozenset(again)


def name_in_url(url: str) -> str:
    """The last part of a URL's path; empty if there is none, or if the URL is invalid."""
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""
