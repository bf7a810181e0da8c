"""Where a row's pictures are: paths, URLs, or several of them in one cell."""

from __future__ import annotations

import math
import re
from pathlib import Path

from sosie.errors import SourceError
from sosie.sources.values import to_text
from sosie.support.urls import is_url

_OTHER_SCHEME = re.compile(r"(?:[a-z][a-z0-9+.-]+://|data:)", re.I)
_BETWEEN_URLS = re.compile(r"\s*\|\s*|\s+")


def split(value: object) -> tuple[str, ...]:
    """The texts of a cell: of a list its members, of one text the text itself, without blanks around it.

    A text is taken apart at blanks and at ``|`` only where every piece is an http(s) URL, so that a file name may hold
    both. ``SourceError`` for other values.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ()
    if isinstance(value, str):
        return _pieces(to_text(value).strip())
    if isinstance(value, list | tuple) and all(one is None or isinstance(one, str) for one in value):
        return tuple(to_text(one).strip() for one in value if one and not one.isspace())
    raise SourceError(f"expected text or a list of texts, found {type(value).__name__}")


def locate(text: str, folder: Path) -> str:
    """A URL as it is, a path made absolute from ``folder``; ``SourceError`` for any other kind of address."""
    if is_url(text):
        return text
    if _OTHER_SCHEME.match(text):
        raise SourceError(f"{text[:80]!r} is neither a path nor an http(s) URL")
    if "\0" in text:
        raise SourceError(f"{text[:80]!r} is no path: it holds a zero character")
    return str(folder / text)


def one_or_several(places: tuple[str, ...]) -> str | tuple[str, ...]:
    """The ``image`` of an item: one place, or several that are tried in order."""
    return places[0] if len(places) == 1 else places


def _pieces(text: str) -> tuple[str, ...]:
    pieces = _BETWEEN_URLS.split(text)
    if all(map(is_url, pieces)):
        return tuple(pieces)
    return (text,) if text else ()
