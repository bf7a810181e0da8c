"""Everything that a query finds, page by page, in a stable order, as it stood when the first page was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.faults import translate_client_errors

KEEP_ALIVE = "5m"
Page = Sequence[dict[str, Any]]


def pages(connection: Connection, query: Any, order: str, source: Any, size: int) -> Iterator[Page]:
    """Hits sorted by the keyword field ``order`` (by Unicode code point), ``size`` a page."""
    client = connection.client
    with translate_client_errors(connection.uri):
        point = client.open_point_in_time(index=connection.name, keep_alive=KEEP_ALIVE)["id"]
        last: Sequence[Any] | None = None
        try:
            while True:
                answer = client.search(
                    query=query, sort=[{order: "asc"}], source=source, size=size, search_after=last,
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
