"""Positions in lists of items, and their text form for URLs."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TypeAlias

from sosie.errors import UsageError
from sosie.filters.order import Place, sortable
from sosie.types import Record, SearchResult

After: TypeAlias = str | Record | Place
"""An item_id, an item, or its place in an order."""


def item_id_of(after: After) -> str:
    """The id of the item to continue after; empty at the beginning."""
    return after if isinstance(after, str) else after.item_id


def next_of(answer: SearchResult | str) -> str:
    """The ``next`` of an answer; ``UsageError`` if the answer has no more matches."""
    place = answer if isinstance(answer, str) else answer.next
    if place is None:
        raise UsageError("the answer has no more matches: its `next` is empty, as it is in those of search_many")
    return place


def cursor_of(place: str | Place, sort: str | None = None) -> str:
    """Encodes a position (an item_id, or a place in the order ``sort``) as text for a URL."""
    return _encode(place if isinstance(place, str) else json.dumps([sort, *place], ensure_ascii=False))


def place_in(cursor: str, sort: str | None) -> str | Place:
    """Decodes the position in a cursor; ``UsageError`` if the cursor is invalid or belongs to another order."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        if sort is None:
            return text
        own, value, item_id = json.loads(text)
        if own == sort and isinstance(item_id, str) and (value is None or isinstance(value, str | int | float)):
            return Place(sortable(value), item_id)
    except (binascii.Error, ValueError, TypeError):
        pass
    raise UsageError("the cursor belongs to another list: take it from `next` of the page before, with the same sort")


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")
