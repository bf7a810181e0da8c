"""What lies beside a picture under its name: a caption, a label, or an object of JSON."""

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
    """The files beside one picture; it is true where there is any."""

    def __init__(self) -> None:
        self._found: dict[str, object] = {}
        self.links: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, suffix: str, data: bytes) -> None:
        """Take the file with this ending; what cannot be read counts as empty."""
        text = data.decode("utf-8", "replace").strip()
        if suffix != ".json":
            self._found[_NAMES[suffix]] = text[:_LONGEST_TEXT]
            return
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        fields = value if isinstance(value, Mapping) else {}
        self._found = {**fields, **{name: kept for name, kept in self._found.items() if kept}, "": ""}
        self.links = _links(fields.get("url"))

    def attributes(self, journal: Journal) -> dict[str, AttributeValue]:
        """What the files say, as attributes."""
        attributes: dict[str, AttributeValue] = {}
        for name, value in flatten(self._found):
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
