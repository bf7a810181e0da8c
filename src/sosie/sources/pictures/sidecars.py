"""Reads sidecar files of a picture: a caption, a label, or a JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sosie.errors import SourceError
from sosie.sources.report import Journal
from sosie.sources.tables.addresses import links_in
from sosie.sources.values import flatten, to_attribute
from sosie.types import RECORD_FIELDS, AttributeValue

_NAMES = {".txt": "caption", ".caption": "caption", ".text": "caption", ".cls": "label"}
_LONGEST_TEXT = 100_000


class Sidecars:
    """The sidecar files of a picture. ``bool`` is True if there are any."""

    def __init__(self) -> None:
        self._fields: dict[str, object] = {}
        self.links: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._fields)

    def add(self, suffix: str, data: bytes) -> None:
        """Adds the file with this ending. An unreadable file counts as empty."""
        text = data.decode("utf-8", "replace").strip()
        if suffix != ".json":
            self._fields[_NAMES[suffix]] = text[:_LONGEST_TEXT]
            return
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        fields = value if isinstance(value, Mapping) else {}
        self._fields = {**fields, **{name: kept for name, kept in self._fields.items() if kept}, "": ""}
        self.links = _links(fields.get("url"))

    def attributes(self, journal: Journal) -> dict[str, AttributeValue]:
        """The content of the files as attributes."""
        attributes: dict[str, AttributeValue] = {}
        for name, value in flatten(self._fields):
            if not name or name in RECORD_FIELDS or name in ("url", "key"):
                continue
            try:
                kept = to_attribute(value)
            except SourceError as error:
                journal.leave_out(name, str(error))
                continue
            if kept is not None:
                attributes[name] = kept
        return attributes


def _links(value: object) -> tuple[str, ...]:
    try:
        return links_in(value)
    except SourceError:
        return ()
