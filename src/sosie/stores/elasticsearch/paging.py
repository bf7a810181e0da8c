"""Reads all results of a query page by page, in a stable order. All pages show the index at the first request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.faults import translate_client_errors

KEEP_ALIVE = "5m"
Page = Sequence[dict[str, Any]]


def pages(
    connection: Connection,
    query: Any,
    order: str | Mapping[str, str],
    source: Any,
    size: int,
    after: Sequence[Any] | None = None,
) -> Iterator[Page]:
    """Hits sorted by fields, ``size`` a page, after the values ``after``.

    ``order`` is a keyword field (by Unicode code point), or "asc" or "desc" for each of several fields.
    """
    fields = {order: "asc"} if isinstance(order, str) else order
    sort = [{field: direction} for field, direction in fields.items()]
    client = connection.client
    with translate_client_errors(connection.uri):
        point = client.open_point_in_time(index=connection.name, keep_alive=KEEP_ALIVE)["id"]
        last = after
        try:
            while True:
                answer = client.search(
                    query=query, sort=sort, source=source, size=size, search_after=last,
                    pit={"id": point, "keep_alive": KEEP_ALIVE}, track_total_hits=False,
                )  # fmt: skip
                point, page = answer["pit_id"], answer["hits"]["hits"]
                if page:
                    yield page
                if len(page) < size:
                    return
                last = page[-1]["sort"]
        finally:
            client.close_point_in_time(id=point)
