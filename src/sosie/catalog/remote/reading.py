"""Lists of a server's items, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sosie.catalog.reading import check_limit
from sosie.catalog.remote.client import Client
from sosie.catalog.remote.records import to_record
from sosie.types import JSON, Record

PAGE = 500
"""Most items that a server answers at once."""


def ask_items(client: Client, **options: JSON) -> JSON:
    """A page of items, however long the conditions are."""
    return client.ask("/v1/items", "/v1/items:query", options)


def list_remote_items(client: Client, conditions: Sequence[str], after: str, limit: int) -> list[Record]:
    """At most ``limit`` items that pass, in order of their ids, from the first id behind ``after``."""
    return list(islice(every_item(client, conditions, after, min(PAGE, check_limit(limit))), limit))


def every_item(
    client: Client, conditions: Sequence[str] = (), after: str = "", page_size: int = PAGE
) -> Iterator[Record]:
    """Every item that passes, in order of their ids, from the first id behind ``after``."""
    position = {"after": after} if after else {}
    while True:
        page = ask_items(client, where=list(conditions), limit=page_size, **position)
        yield from map(to_record, page["items"])
        if page["next"] is None:
            return
        position = {"cursor": page["next"]}
