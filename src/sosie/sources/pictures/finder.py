"""Finds the file for a path in a table."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from sosie.errors import SourceError
from sosie.sources.pictures.image_ids import IMAGE_ID_FOLDERS, paths_of_image_ids
from sosie.support.urls import is_url

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".bmp", ".tif", ".tiff")
PICTURE_FOLDERS = (
    "images",
    "image",
    "imgs",
    "img",
    "pictures",
    "photos",
    "pics",
    "bilder",
    "fotos",
    "imagenes",
    "media",
)
_PICTURE_ENDING = re.compile(r"\.(?:jpe?g|jfif|png|webp|gif|avif|heic|heif|bmp|tiff?|jxl|svg)$", re.IGNORECASE)
_NUMBERED = re.compile(rf"(.+?)[ _-]\(?\d{{1,2}}\)?(?:{'|'.join(map(re.escape, ENDINGS))})")
_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://|data:", re.IGNORECASE)
_DRIVE = re.compile(r"^(?:[A-Za-z]:|\\\\[^\\/]+)[\\/]+")
_SEVERAL = re.compile(r"\s*[|;\r\n]\s*|\s*,\s*")
_HOST = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|(?:[a-z0-9-]+\.)+[a-z]{2,24})(?::\d+)?/\S", re.IGNORECASE)
_MOST_INDEXED = 2_000_000


def has_picture_ending(address: str) -> bool:
    """True if a path or URL has the ending of a picture."""
    path = urlsplit_path(address) if is_url(address) else address
    return _PICTURE_ENDING.search(path) is not None


def urlsplit_path(url: str) -> str:
    """The path of a URL; empty if the URL is invalid."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


class PictureFinder:
    """Finds pictures in the user's folders and in the folder of the table.

    A path is tried in these forms, in order:

    - as written
    - with slashes for backslashes, without drive or leading slash, percent-decoded, in the forms NFC and NFD of
      Unicode, and with the usual endings
    - with upper and lower case exchanged
    - in the user's folders: the file's name alone, if only one file has it

    ``found_in_other_case`` maps a path to the file that differs in case.
    """

    def __init__(self, folder: Path, given: Sequence[Path] = ()) -> None:
        """``SourceError`` if a given path is not a folder."""
        for path in given:
            if not path.is_dir():
                raise SourceError(f"cannot search for pictures in {str(path)!r}: expected a folder; check the path")
        self.given = tuple(path.absolute() for path in given)
        self.folder = folder
        self.found_in_other_case: dict[str, str] = {}
        beside = () if given else tuple(folder / name for name in PICTURE_FOLDERS if (folder / name).is_dir())
        self._roots = (*self.given, folder, *beside)
        self._numbered: dict[str, list[str]] | None = None
        self._listings: dict[str, dict[str, str] | None] = {}
        self._by_name: dict[str, str] | None = None
        self._paths_of_ids: dict[str, str] | None = None

    def locate(self, text: str) -> str:
        """A URL unchanged, or a path made absolute, whether it exists or not; ``SourceError`` for other addresses."""
        if is_url(text):
            return text
        if text[:7].lower() == "file://":
            text = url2pathname(urlsplit(text).path)
        elif _OTHER_SCHEME.match(text):
            raise SourceError(f"{text[:80]!r} is neither a path nor an http(s) URL")
        if "\0" in text:
            raise SourceError(f"{text[:80]!r} is not a path: it has a zero character")
        return self.find(text) or _as_host(text) or str(self._roots[0] / text)

    def find(self, text: str) -> str | None:
        """The file for a path; None if there is none."""
        text = text.removeprefix("./")
        for root in self._roots:
            path = os.path.join(root, text)  # noqa: PTH118 - a Path for every row is slow
            if os.path.isfile(path):  # noqa: PTH113
                return path
        return self._variant(text) or self._in_other_case(text) or self._by_image_id(text) or self._by_file_name(text)

    def of_id(self, item_id: str) -> tuple[str, ...]:
        """The pictures named by an id: ``ID.jpg``, those in the folder ``ID``, or ``ID_1.jpg``, ``ID_2.jpg``, …"""
        path = self.find(item_id)
        if path is not None and os.path.isfile(path):  # noqa: PTH113
            return (path,)
        if path is not None:
            listing = self._listing(path) or {}
            names = sorted(filter(has_picture_ending, listing), key=_by_number)
            return tuple(os.path.join(path, listing[name]) for name in names)  # noqa: PTH118
        if self._numbered is None:
            self._numbered = self._numbered_files()
        return tuple(self._numbered.get(_folded(item_id), ()))

    def _numbered_files(self) -> dict[str, list[str]]:
        """Files such as ``ID_1.jpg`` by their id."""
        files: dict[str, list[str]] = {}
        for root in self._roots:
            listing = self._listing(str(root)) or {}
            for folded in sorted(listing, key=_by_number):
                if numbered := _NUMBERED.fullmatch(folded):
                    files.setdefault(numbered[1], []).append(str(root / listing[folded]))
        return files

    def parts(self, text: str) -> tuple[str, ...]:
        """The paths in a text that may be a list; the text itself if it is a single path."""
        if not any(mark in text for mark in ",;|\n"):
            return (text,)
        pieces = tuple(piece for piece in _SEVERAL.split(text) if piece)
        if len(pieces) > 1 and all(has_picture_ending(piece) and self.find(piece) for piece in pieces):
            return pieces
        if self.find(text) is not None:
            return (text,)
        several = len(pieces) > 1 and all(has_picture_ending(piece) or self.find(piece) for piece in pieces)
        return pieces if several else (text,)

    def _variant(self, text: str) -> str | None:
        for path in _spellings(text):
            for root in self._roots:
                if file := self._listed(root, path):
                    return file
        if text.startswith(("~/", "~\\")):
            home = Path(text).expanduser()
            return str(home) if home.is_file() else None
        return None

    def _listed(self, root: Path, path: str) -> str | None:
        """The file at this spelling of a path. Folder listings are cached, so many wrong paths cost little time."""
        below, _, name = path.rpartition("/")
        full = os.path.join(root, below)  # noqa: PTH118
        names = self._listing(full)
        if not names:
            return None
        for candidate in (name, *(name + ending for ending in ENDINGS)):
            if names.get(_folded(candidate)) == candidate:
                return os.path.join(full, candidate)  # noqa: PTH118
        return None

    def _in_other_case(self, text: str) -> str | None:
        for path in _spellings(text):
            for root in self._roots:
                if file := self._walked(root, path):
                    self.found_in_other_case.setdefault(text, file)
                    return file
        return None

    def _walked(self, root: Path, path: str) -> str | None:
        place = str(root)
        *folders, name = [part for part in path.split("/") if part not in ("", ".")] or [""]
        for part in folders:
            if part == ".." or (inner := (self._listing(place) or {}).get(_folded(part))) is None:
                return None
            place = os.path.join(place, inner)  # noqa: PTH118
        names = self._listing(place) or {}
        for candidate in (name, *(name + ending for ending in ENDINGS)):
            if (actual := names.get(_folded(candidate))) and os.path.isfile(os.path.join(place, actual)):  # noqa: PTH113, PTH118
                return os.path.join(place, actual)  # noqa: PTH118
        return None

    def _by_file_name(self, text: str) -> str | None:
        if not self.given:
            return None
        if self._by_name is None:
            self._by_name = dict(_file_names(self.given))
        name = _folded(_plain_path(text).rpartition("/")[2])
        return self._by_name.get(name) or self._by_name.get(name.rpartition(".")[0] or name) or None

    def _by_image_id(self, text: str) -> str | None:
        """The file of an image id, by the ``images.csv`` of Amazon Berkeley Objects."""
        if self._paths_of_ids is None:
            self._paths_of_ids = paths_of_image_ids(self._roots)
        path = self._paths_of_ids.get(text)
        if path is None:
            return None
        places = (root / below / path for root in self._roots for below in IMAGE_ID_FOLDERS)
        return next((str(place) for place in places if place.is_file()), None)

    def _listing(self, folder: str) -> dict[str, str] | None:
        """The names in a folder by their case-folded form; of equal forms the last. None if it is not a folder."""
        if folder not in self._listings:
            try:
                self._listings[folder] = {_folded(name): name for name in os.listdir(folder)}  # noqa: PTH208
            except OSError:
                self._listings[folder] = None
        return self._listings[folder]


def _by_number(name: str) -> tuple[object, ...]:
    """A key that sorts ``2.jpg`` before ``10.jpg``."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name))


def _spellings(text: str) -> Iterator[str]:
    plain = _plain_path(text)
    decoded = unquote(plain)
    for path in dict.fromkeys((plain, decoded)):
        for form in dict.fromkeys((path, *(unicodedata.normalize(name, path) for name in ("NFC", "NFD")))):
            yield form
            if "/" in form and _DRIVE.match(text):
                yield from (form.split("/", cut)[-1] for cut in range(1, form.count("/") + 1))


def _plain_path(text: str) -> str:
    return _DRIVE.sub("", text).replace("\\", "/").lstrip("/").removeprefix("./")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _file_names(folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Every file below the folders, by its case-folded name and stem. A repeated name has an empty path."""
    paths: dict[str, str] = {}
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                folded = _folded(name)
                for key in {folded, folded.rpartition(".")[0] or folded}:
                    path = os.path.join(place, name)  # noqa: PTH118
                    paths[key] = "" if key in paths and paths[key] != path else path
            if len(paths) > _MOST_INDEXED:
                return iter(paths.items())
    return iter(paths.items())


def _as_host(text: str) -> str | None:
    """The URL for an address without a scheme, such as ``shop.example/p.jpg``."""
    if _HOST.match(text) is None or not has_picture_ending(text.partition("?")[0]):
        return None
    return f"http://{text}" if text[0].isdigit() or text.startswith("localhost") else f"https://{text}"
