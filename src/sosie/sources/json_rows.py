"""JSON Lines, a JSON array of objects, and JSON files too large to be held."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import ijson  # type: ignore[import-untyped]

from sosie.errors import SourceError
from sosie.sources.values import Row
from sosie.types import JSON

_MARK = b"\xef\xbb\xbf"
_PIECE = 1 << 18


class JsonLinesRows:
    """The rows of a file with one JSON object a line; empty lines are passed over, a row's number is its line."""

    def __init__(self, path: Path) -> None:
        """``SourceError`` where it begins like a JSON array."""
        self.path = path
        with open_json(path) as file:
            if file.readline(_PIECE).lstrip().startswith(b"["):
                raise SourceError(f"{path} begins like a JSON array, expected one object a line; name it .json")

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The keys of the rows, up to the row with which all wanted ones have been seen."""
        return _keys(self.read(()), wanted)

    def every_column(self) -> None:
        """Only reading all rows could tell."""

    def read(self, as_text: Collection[str]) -> Iterator[tuple[int, Row | SourceError]]:
        """Every object; JSON types its values itself."""
        with open_json(self.path) as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield number, _parsed(line)


class JsonArrayRows:
    """The rows of a file with one JSON array of objects, streamed and numbered from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def columns(self, wanted: Collection[str]) -> list[str]:
        """The keys of the rows, up to the row with which all wanted ones have been seen."""
        return _keys(self.read(()), wanted)

    def every_column(self) -> None:
        """Only reading all rows could tell."""

    def read(self, as_text: Collection[str]) -> Iterator[tuple[int, Row | SourceError]]:
        """Every object; ``SourceError`` where the file stops being JSON."""
        for number, value in enumerate(stream(self.path, "item"), 1):
            yield number, _as_row(_with_floats(value))


def open_json(path: Path) -> BinaryIO:
    """The file, after the byte order mark if it has one."""
    file = path.open("rb")
    if file.read(len(_MARK)) != _MARK:
        file.seek(0)
    return file


def stream(path: Path, prefix: str) -> Iterator[JSON]:
    """Every value at a prefix (``images.item``) of one large JSON file, with memory for one of them.

    ``SourceError`` at the place where the file stops being JSON: cut off, or another format.
    """
    with open_json(path) as file:
        try:
            yield from ijson.items(file, prefix, buf_size=_PIECE)
        except ijson.JSONError as error:
            raise not_json(path, error) from error


def top_level_keys(path: Path) -> list[str]:
    """The keys of the object that the file is; none where it is something else."""
    with open_json(path) as file:
        try:
            events = ijson.parse(file, buf_size=_PIECE)
            return [str(value) for prefix, event, value in events if event == "map_key" and not prefix]
        except ijson.JSONError as error:
            raise not_json(path, error) from error


def not_json(path: Path, error: Exception) -> SourceError:
    """What to tell of a file that stopped being JSON; the parser's first line says why."""
    found = error.args[0] if error.args else ""
    text = found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
    return SourceError(
        f"{path} is not one JSON value ({text.partition(chr(10))[0].strip()}): fetch it again if it was cut off, "
        "or name it .jsonl if it has one object a line"
    )


def _parsed(line: bytes) -> Row | SourceError:
    try:
        return _as_row(json.loads(line))
    except (ValueError, RecursionError) as error:
        return SourceError(f"is not JSON: {error}")


def _with_floats(value: JSON) -> JSON:
    if isinstance(value, dict):
        return {key: _with_floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_floats(one) for one in value]
    return float(value) if isinstance(value, Decimal) else value


def _as_row(value: JSON) -> Row | SourceError:
    return value if isinstance(value, dict) else SourceError(f"expected an object, found {type(value).__name__}")


def _keys(rows: Iterator[tuple[int, Row | SourceError]], wanted: Collection[str]) -> list[str]:
    keys: dict[str, None] = {}
    for _, row in rows:
        if not isinstance(row, SourceError):
            keys.update(dict.fromkeys(row))
        if keys.keys() >= set(wanted):
            break
    return list(keys)
