"""Reads the table of a download: the fetched pictures, and the reasons why others are missing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from sosie.sources.formats.parquet import ParquetRows
from sosie.sources.report import Journal
from sosie.sources.streamed import Entry, StreamedSource
from sosie.sources.tables.addresses import links_in
from sosie.sources.values import Row, to_attribute
from sosie.support.parquet import ParquetFile
from sosie.types import AttributeValue, Item, Rejection

_MARK = "sosie.fetched"


def attributes_of_download(path: Path) -> Mapping[str, str] | None:
    """For each column the attribute, if the Parquet file at ``path`` is the table of a download; else None."""
    try:
        metadata = ParquetFile(path).metadata
    except (OSError, ValueError):
        return None
    return json.loads(metadata[_MARK]) if _MARK in metadata else None


class FetchedSource(StreamedSource):
    """Every row with a picture is an item with this file; every other row is a rejection with its reason.

    ``links`` are the row's links, and the picture's own URL at the end. The download's own columns, such as ``status``
    or ``bytes``, do not become attributes.
    """

    def __init__(self, path: Path, attributes: Mapping[str, str]) -> None:
        """``attributes`` is the result of ``attributes_of_download``."""
        self._rows = ParquetRows(path)
        self._attributes = attributes
        self._folder = path.absolute().parent

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        return f"the download {str(self._rows.path)!r}"

    def attribute_names(self) -> frozenset[str]:
        """See ``StreamedSource``."""
        return frozenset(self._attributes.values())

    def entries(self) -> Iterator[Entry]:
        """Every row of the table."""
        for number, row in self._rows.read(Journal()):
            place = f"row {number}"
            if isinstance(row, Exception):
                yield place, Rejection("", "source", f"{place}: {row}")
            else:
                yield place, self._entry(row)

    def _entry(self, row: Row) -> Item | Rejection:
        item_id, path, url = (str(row[column] or "") for column in ("item_id", "path", "url"))
        if not path:
            return Rejection(item_id, "read", f"{row['reason'] or row['status']}: {row['detail'] or 'not fetched yet'}")
        links = links_in(row["links"])
        every = links if url in links else (*links, url)
        return Item(item_id, str(row["product_id"]), str(self._folder / path), every, self._attributes_of(row))

    def _attributes_of(self, row: Row) -> dict[str, AttributeValue]:
        values = ((name, to_attribute(row[column])) for column, name in self._attributes.items())
        return {name: value for name, value in values if value is not None}
