"""Reads JSON Lines, JSON documents with a list, and JSON files of any size."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import IO

import ijson  # type: ignore[import-untyped]

from sosie.errors import SourceError
from sosie.roles import candidates, roles_of_products
from sosie.sources.files.data import DataFile
from sosie.sources.formats.json_children import with_children
from sosie.sources.formats.json_records import is_of_other_type, plain_record
from sosie.sources.formats.table_file import TableFile
from sosie.sources.report import Journal
from sosie.sources.values import Row
from sosie.types import JSON

_MARK = b"\xef\xbb\xbf"
_PIECE = 1 << 18
_LIST_NAMES = (
    "products",
    "items",
    "data",
    "results",
    "entries",
    "rows",
    "records",
    "hits",
    "nodes",
    "listings",
    "images",
)
_CERTAIN = 3
"""A list of pictures with more roles of products than this is a list of products."""

_EVENTS_EXAMINED = 2_000_000
_EVENTS_OF_KEYED = 20_000


class JsonLinesRows(TableFile):
    """The rows of a file with one JSON object a line. Empty lines are skipped; a row's number is its line number."""

    format = "JSON Lines"

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every object, with typed values."""
        with open_json(self._file) as file:
            rows = ((number, self._row(line, journal)) for number, line in enumerate(file, 1) if not line.isspace())
            yield from with_children(rows)

    def _row(self, line: bytes, journal: Journal) -> Row | SourceError:
        row = _parsed(line)
        if isinstance(row, SourceError):
            journal.skipped_lines += 1
        return row


class JsonDocumentRows(TableFile):
    """The objects of a list in a JSON document, read as a stream and numbered from 1. ``prefix`` locates the list."""

    format = "JSON"

    def __init__(self, file: DataFile, prefix: str) -> None:
        super().__init__(file)
        self._prefix = prefix

    @property
    def dialect(self) -> Mapping[str, str]:
        """See ``Rows``."""
        place = self._prefix.removesuffix("item").rstrip(".")
        return {**super().dialect, **({"list": place} if place else {})}

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every object; ``SourceError`` at the first place that is not JSON."""
        for number, value in enumerate(stream(self._file, self._prefix), 1):
            if isinstance(value, dict) and is_of_other_type(value):
                journal.skip("records that are no products", "their @type says so", str(value["@type"]))
            else:
                yield number, _as_row(_with_floats(value))


class JsonKeyedRows(TableFile):
    """The members of an object in a JSON document that has a product under each id; ``prefix`` locates the object."""

    format = "JSON"

    def __init__(self, file: DataFile, prefix: str) -> None:
        super().__init__(file)
        self._prefix = prefix

    def read(self, journal: Journal, pictures: bool = True) -> Iterator[tuple[int, Row | SourceError]]:
        """Every member, with its key as ``id`` if it has none."""
        with open_json(self._file) as stream_:
            try:
                for number, (key, value) in enumerate(ijson.kvitems(stream_, self._prefix, buf_size=_PIECE), 1):
                    row = _as_row(_with_floats(value))
                    yield number, row if isinstance(row, SourceError) else {"id": key, **row}
            except ijson.JSONError as error:
                raise not_json(self._file, error) from error


def find_keyed(file: DataFile) -> str | None:
    """The location of an object with a product under each id, as a prefix for ``JsonKeyedRows``; None if there is none.

    Its first two members are objects that name a picture.
    """
    keys: list[list[str]] = []
    places: list[str] = []
    pictured: set[str] = set()
    with open_json(file) as stream_, suppress(ijson.JSONError):
        for prefix, event, value in itertools.islice(ijson.parse(stream_, buf_size=_PIECE), _EVENTS_OF_KEYED):
            if event == "start_map":
                keys.append([])
                places.append(prefix)
            elif event == "map_key":
                keys[-1].append(str(value))
            elif event == "start_array" and not prefix:
                return None
            elif event == "end_map":
                names, _ = keys.pop(), places.pop()
                if places and "item" not in prefix.split(".") and candidates("image", names):
                    if places[-1] in pictured:
                        return places[-1]
                    pictured.add(places[-1])
    return None


def find_list_in_array(file: DataFile) -> str:
    """The location of the products in a document that is an array: its members, or a list within one of them."""
    for member in itertools.islice(stream(file, "item"), 5):
        if not isinstance(member, dict) or len(member) > 1:
            break
        for name, value in member.items():
            if name.lower() in _LIST_NAMES and isinstance(value, list) and value and isinstance(value[0], dict):
                return f"item.{name}.item"
    return "item"


def find_list(file: DataFile) -> str | None:
    """The prefix of the list of products in a JSON document, for ``stream``; None if there is no list.

    It is the list whose first object names a picture and most else that products have, because banners and filters have
    pictures too. If there is none: the first list with a usual name, else the first list.
    """
    lists: dict[str, tuple[int, bool]] = {}
    for prefix, first in _lists(file):
        named = prefix.removesuffix(".item").rpartition(".")[2].lower() in _LIST_NAMES
        pictured = bool(candidates("image", first))
        lists[prefix] = (roles_of_products(first) if pictured else 0, named)
        if lists[prefix][0] > _CERTAIN:
            return prefix
    return max(lists, key=lists.__getitem__, default=None)


def _lists(file: DataFile) -> Iterator[tuple[str, list[str]]]:
    """The prefix of each list of objects within the first events, and the keys of its first object.

    After the first list whose objects name pictures, fewer events are examined.
    """
    seen: set[str] = set()
    keys: list[str] | None = None
    inside, most = "", _EVENTS_EXAMINED
    with open_json(file) as stream_:
        try:
            for count, (prefix, event, value) in enumerate(ijson.parse(stream_, buf_size=_PIECE)):
                if count > most:
                    return
                if event == "start_map" and prefix.endswith("item") and prefix not in seen and prefix.count(".") <= 4:
                    if keys is None and prefix.split(".").count("item") == 1:
                        seen.add(prefix)
                        inside, keys = prefix, []
                elif keys is not None and prefix == inside:
                    if event == "map_key":
                        keys.append(str(value))
                    elif event == "end_map":
                        yield inside, keys
                        most = min(most, count + _EVENTS_OF_KEYED) if candidates("image", keys) else most
                        keys = None
        except ijson.JSONError as error:
            if not seen:
                raise not_json(file, error) from error


@contextmanager
def open_json(file: DataFile | Path) -> Iterator[IO[bytes]]:
    """Opens the file after its byte order mark, if it has one."""
    with (DataFile(file) if isinstance(file, Path) else file).open() as stream_:
        if stream_.read(len(_MARK)) != _MARK:
            stream_.seek(0)
        yield stream_


def stream(file: DataFile | Path, prefix: str) -> Iterator[JSON]:
    """Every value at a prefix (``images.item``) of a large JSON file. Only one value at a time is in memory.

    ``SourceError`` at the first place that is not JSON, for a truncated file, or for another format.
    """
    with open_json(file) as stream_:
        try:
            yield from ijson.items(stream_, prefix, buf_size=_PIECE)
        except ijson.JSONError as error:
            raise not_json(file, error) from error


def top_level_keys(file: DataFile | Path) -> list[str]:
    """The keys of the object in the file; none if the file holds something else."""
    with open_json(file) as stream_:
        try:
            events = ijson.parse(stream_, buf_size=_PIECE)
            return [str(value) for prefix, event, value in events if event == "map_key" and not prefix]
        except ijson.JSONError as error:
            raise not_json(file, error) from error


def not_json(file: object, error: Exception) -> SourceError:
    """The error for a file that is not JSON, with the first line of the parser's message."""
    message = error.args[0] if error.args else ""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    return SourceError(
        f"{file} is not one JSON value ({text.partition(chr(10))[0].strip()}): fetch it again if it was cut off"
    )


def is_json_lines(head: bytes, named_so: bool) -> bool:
    """True if a file has an object on each line, by its first lines. If it has only one line, ``named_so`` decides.

    A single object may be a row, or a document with a list of objects.
    """
    lines = [line for line in head.removeprefix(_MARK).split(b"\n") if line.strip()]
    first = _parsed(lines[0]) if lines else SourceError("empty")
    if isinstance(first, SourceError):
        return named_so and not head.removeprefix(_MARK).lstrip().startswith(b"[")
    return named_so or len(lines) > 1 or not _holds_list(first)


def _holds_list(value: JSON, depth: int = 4) -> bool:
    """True if a value contains a list of objects, down to a depth."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict) and depth > 0 and any(_holds_list(inner, depth - 1) for inner in value.values())


def _parsed(line: bytes) -> Row | SourceError:
    try:
        return _as_row(json.loads(line))
    except (ValueError, RecursionError) as error:
        return SourceError(f"is not JSON: {error}")


def _with_floats(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _with_floats(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_floats(inner) for inner in value]
    return float(value) if isinstance(value, Decimal) else value


def _as_row(value: JSON) -> Row | SourceError:
    return (
        plain_record(value)
        if isinstance(value, dict)
        else SourceError(f"expected an object, found {type(value).__name__}")
    )
