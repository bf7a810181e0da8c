"""Lists a server's items, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from sosie.catalog.places import After, cursor_of, item_id_of
from sosie.catalog.reading import check_limit
from sosie.catalog.remote.client import Client
from sosie.catalog.remote.records import to_record
from sosie.filters.order import Place, order_from, place_of
from sosie.types import JSON, Record

PAGE = 500
"""Most items of a page."""


def request_items(client: Client, **options: JSON) -> JSON:
    """Requests a page of items. Conditions may be long."""
    return client.query("/v1/items", "/v1/items:query", options)


def list_remote_items(
    client: Client, conditions: Sequence[str], after: After, limit: int, sort: str | None = None
) -> list[Record]:
    """See ``CatalogProtocol.items``."""
    return list(islice(every_item(client, conditions, after, min(PAGE, check_limit(limit)), sort), limit))


def every_item(
    client: Client, conditions: Sequence[str] = (), after: After = "", page_size: int = PAGE, sort: str | None = None
) -> Iterator[Record]:
    """Every item that passes the conditions, after ``after``, ordered by id or by the attribute ``sort``."""
    order = {} if sort is None else {"sort": sort}
    position = _position(client, after, sort) if after else {}
    while True:
        page = request_items(client, where=list(conditions), limit=page_size, **order, **position)
        yield from map(to_record, page["items"])
        if page["next"] is None:
            return
        position = {"cursor": page["next"]}


def _position(client: Client, after: After, sort: str | None) -> dict[str, str]:
    """The position from which the server continues. For a record, it follows from the record's own value."""
    if sort is None or isinstance(after, str):
        return {"after": item_id_of(after)}
    if isinstance(after, Place):
        return {"cursor": cursor_of(after, sort)}
    order = order_from(sort, client.get("/v1/stats")["attributes"])
    return {"cursor": cursor_of(place_of(after, order), sort)}
