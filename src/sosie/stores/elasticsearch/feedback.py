"""Stores feedback in order."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence

import orjson

from sosie.errors import StoreUnavailable
from sosie.stores.elasticsearch.bulk import Action, send
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.faults import document_error, reason_of
from sosie.stores.elasticsearch.paging import pages
from sosie.types import JSON

OK = 300


def add_feedback(connection: Connection, rows: Sequence[JSON]) -> None:
    """See ``Store.add_feedback``. Ids are generated before the request, so repeating a request writes no row twice."""
    called = f"{time.time_ns():020d}-{uuid.uuid4().hex}"
    orders = [f"{called}-{number:09d}" for number in range(len(rows))]
    bodies = [
        orjson.dumps({"kind": "feedback", "order": order, "json": json.dumps(row)})
        for order, row in zip(orders, rows, strict=True)
    ]
    actions = [Action("index", f"feedback:{order}", body) for order, body in zip(orders, bodies, strict=True)]
    for info in send(connection, actions, refresh=True).values() if actions else ():
        if info["status"] >= OK:
            raise document_error(connection.uri, info) or StoreUnavailable(f"feedback was refused: {reason_of(info)}")


def feedback_rows(connection: Connection) -> list[JSON]:
    """See ``Store.feedback``."""
    query = {"term": {"kind": "feedback"}}
    hit_pages = pages(connection, query, "order", ["json"], connection.settings.page)
    return [json.loads(hit["_source"]["json"]) for page in hit_pages for hit in page]
