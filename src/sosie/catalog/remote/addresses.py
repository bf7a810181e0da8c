"""The paths of items on a server, in a form that every proxy passes on."""

from __future__ import annotations

import re
from urllib.parse import quote

_PLAIN = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")


def item_path(item_id: str) -> str:
    """The path of an item.

    An id with a slash or another special character goes into the query string. In a path, Apache refuses an encoded
    slash, and nginx decodes the slash if it strips a prefix.
    """
    return f"/v1/items/{item_id}" if _PLAIN.fullmatch(item_id) else f"/v1/item{_query(item_id)}"


def thumbnail_path(item_id: str) -> str:
    """The path of an item's thumbnail."""
    return f"/v1/thumbnails/{item_id}" if _PLAIN.fullmatch(item_id) else f"/v1/thumbnail{_query(item_id)}"


def _query(item_id: str) -> str:
    return f"?item_id={quote(item_id, safe='')}"
