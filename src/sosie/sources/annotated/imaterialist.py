"""Reads the JSON files of the iMaterialist challenges, in both layouts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.annotated.annotations import Annotations, names_of
from sosie.sources.annotated.labels import check_label
from sosie.sources.annotated.picture_folder import PictureFolder
from sosie.sources.formats.json_lines import stream, top_level_keys
from sosie.sources.streamed import Entry, StreamedSource
from sosie.support.urls import is_url
from sosie.types import JSON, Item, Rejection

EXPECTED = (
    '{"images": [{"id": "….jpg", "url": "http…", "class": 42}, …]} (Product 2019) or '
    '{"images": [{"url": ["http…"], "image_id": 1}, …], "annotations": [{"image_id": 1, "label_id": 38}, …]} '
    "(Furniture 2018)"
)


class ImaterialistSource(StreamedSource):
    """Every image of an iMaterialist file, in one pass for Product 2019 and in two for Furniture 2018.

    ``item_id`` and ``product_id`` are the id in the file. The attribute ``label`` is text, because a label names a
    category; ``label<20`` would be meaningless. Test sets have no labels. ``image`` are the URLs or, with
    ``images_dir``, the file in that folder (``PictureFolder``). ``links`` are the URLs. The argument ``label`` selects
    the images of one label.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        label: str | int | None = None,
        images_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        """``SourceError`` for another layout or an unknown label, or if ``images_dir`` is not a folder."""
        self._file = ImaterialistFile(Path(path))
        self._label = None if label is None else str(label)
        if self._label is not None:
            check_label(self._label, self._file.labels, str(path))
        self._folder = None if images_dir is None else PictureFolder(Path(images_dir), self._file.rows)

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        label = "" if self._label is None else f", label {self._label}"
        return f"the iMaterialist file {str(self._file.path)!r}{label}"

    @property
    def files(self) -> Sequence[Path]:
        """See ``StreamedSource``."""
        return (self._file.path,)

    @property
    def expected(self) -> str:
        """See ``StreamedSource``."""
        return "at least one image"

    def entries(self) -> Iterator[Entry]:
        """Every image of the label, and every unreadable annotation."""
        if self._label is None:
            for number in self._file.unreadable_annotations:
                place = f"annotation {number}"
                yield place, Rejection("", "source", f"{place}: it has no image_id or no label_id")
        for row in self._file.rows():
            if self._label is None or self._label in row.labels:
                yield f"image {row.number}", self._entry(row)

    def _entry(self, row: ImageRow) -> Item | Rejection:
        wrong = self._fault(row)
        if wrong:
            return Rejection(row.item_id, "source", f"image {row.number}: {wrong}")
        if self._folder is None:
            return _item(row, row.urls)
        path = self._folder.find(row.item_id, row.urls)
        if path is None:
            return Rejection(row.item_id, "read", f"image {row.number}: {self._folder} has no picture of it")
        return _item(row, (path,))

    def _fault(self, row: ImageRow) -> str:
        if not row.item_id:
            return f"it has no {self._file.id_key!r}"
        if not row.urls and self._folder is None:
            return "it has no URL that begins with http:// or https://"
        if len(row.labels) > 1:
            return f"it has several labels, {' and '.join(row.labels)}; expected one"
        return ""


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image as the file describes it. Missing fields are empty."""

    number: int
    item_id: str
    urls: tuple[str, ...]
    labels: tuple[str, ...]


class ImaterialistFile:
    """A file in one of the two layouts; ``SourceError`` for another layout."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id_key = self._recognize_id_key()

    @property
    def unreadable_annotations(self) -> Sequence[int]:
        """The numbers, from 1, of the annotations without an image or a label."""
        return () if self.id_key == "id" else self._annotations.unreadable

    @cached_property
    def labels(self) -> frozenset[str]:
        """Every label in the file, which is read once."""
        if self.id_key == "image_id":
            return self._annotations.labels
        return frozenset(label for row in self.rows() for label in row.labels)

    def rows(self) -> Iterator[ImageRow]:
        """Every image in the order of the file."""
        for number, row in enumerate(stream(self.path, "images.item"), 1):
            (item_id,) = names_of(row, self.id_key)
            yield ImageRow(number, item_id, _urls(row), self._labels_of(row, item_id))

    @cached_property
    def _annotations(self) -> Annotations:
        return Annotations(stream(self.path, "annotations.item"))

    def _labels_of(self, row: JSON, item_id: str) -> tuple[str, ...]:
        if self.id_key == "image_id":
            return self._annotations.of(item_id)
        return tuple(filter(None, names_of(row, "class")))

    def _recognize_id_key(self) -> str:
        first = next(stream(self.path, "images.item"), None)
        for id_key in ("id", "image_id"):
            if isinstance(first, dict) and {id_key, "url"} <= first.keys():
                return id_key
        keys = top_level_keys(self.path)
        if first is None and "images" in keys:
            return "id"
        raise SourceError(
            f"{self.path} is in neither iMaterialist layout: expected {EXPECTED}, got {_described(keys, first)}"
        )


def _item(row: ImageRow, images: tuple[str, ...]) -> Item:
    attributes = {"label": row.labels[0]} if row.labels else {}
    return Item(row.item_id, row.item_id, images[0] if len(images) == 1 else images, row.urls, attributes)


def _urls(row: JSON) -> tuple[str, ...]:
    value = row.get("url") if isinstance(row, dict) else None
    urls = value if isinstance(value, list) else [value]
    return tuple(url.strip() for url in urls if isinstance(url, str) and is_url(url.strip()))


def _described(keys: Sequence[str], first: JSON) -> str:
    top = f"an object with the keys {', '.join(map(repr, keys[:20]))}" if keys else "no object with keys"
    if isinstance(first, dict):
        return f"{top}, and a first image with the keys {', '.join(map(repr, list(first)[:20])) or 'none'}"
    return top if first is None else f"{top}, and a first image that is {type(first).__name__}"
