"""Reads COCO files: images and their categories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.annotated.annotations import names_of
from sosie.sources.files.data import DataFile
from sosie.sources.formats.json_lines import stream
from sosie.sources.pictures.finder import PICTURE_FOLDERS, PictureFinder
from sosie.sources.report import SourceReport
from sosie.sources.streamed import Entry, StreamedSource
from sosie.support.urls import is_url
from sosie.types import JSON, Item, Rejection

_URLS = ("coco_url", "flickr_url", "url")


class CocoSource(StreamedSource):
    """Every image of a COCO file. ``file_name`` is the item's id; the attribute ``label`` lists the image's categories.

    The picture is searched for in ``images_dirs`` and beside the file. If it is not there, it is fetched from the
    image's URL.
    """

    def __init__(self, file: DataFile, *, images_dirs: Sequence[Path] = ()) -> None:
        """``SourceError`` if the file is damaged or a folder does not exist."""
        self._file = file
        folder = file.path.absolute().parent
        beside = [folder / name for name in PICTURE_FOLDERS if (folder / name).is_dir()]
        self._finder = PictureFinder(folder, [*images_dirs] or beside)
        names = {number: name for row in stream(file, "categories.item") for number, name in [_pair(row)] if number}
        self._labels: dict[str, dict[str, None]] = {}
        for row in stream(file, "annotations.item"):
            image, category = names_of(row, "image_id", "category_id")
            if image and category:
                self._labels.setdefault(image, {})[names.get(category, category)] = None

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        return f"the COCO file {str(self._file)!r}"

    def attribute_names(self) -> frozenset[str]:
        """See ``StreamedSource``."""
        return frozenset(("label",))

    def report(self) -> SourceReport:
        """See ``StreamedSource``."""
        roles = {"item_id": ("file_name",), "image": ("file_name", *_URLS)}
        return SourceReport(str(self), "COCO", roles=roles, types={"label": "list"})

    def entries(self) -> Iterator[Entry]:
        """Every image."""
        for number, row in enumerate(stream(self._file, "images.item"), 1):
            yield f"image {number}", self._entry(number, row)

    def _entry(self, number: int, row: JSON) -> Item | Rejection:
        image_id, file_name = names_of(row, "id", "file_name")
        if not file_name:
            return Rejection(image_id, "source", f"image {number}: it has no 'file_name'")
        urls = tuple(row[key] for key in _URLS if isinstance(row.get(key), str) and is_url(row[key]))
        try:
            path = self._finder.find(file_name)
            image = path or (urls[0] if urls else self._finder.locate(file_name))
        except SourceError as error:
            return Rejection(file_name, "source", f"image {number}: {error}")
        labels = tuple(self._labels.get(image_id, ()))
        return Item(file_name, file_name, image, urls, {"label": labels} if labels else {})


def _pair(row: JSON) -> tuple[str, str]:
    number, name = names_of(row, "id", "name")
    return number, name or number


def is_coco(first_image: JSON) -> bool:
    """True if the first object of a list ``images`` has COCO's keys."""
    return isinstance(first_image, dict) and "file_name" in first_image and "id" in first_image
