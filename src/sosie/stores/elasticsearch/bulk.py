"""Sends many documents in requests of limited size, repeats while the cluster is busy, and checks each result."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, cast

from elasticsearch.helpers import streaming_bulk

from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.faults import BUSY, translate_client_errors

LONGEST_WAIT = 8.0
CONFLICTS = 5
"""A partial update is retried this often if another writer changes the document meanwhile."""


class Action(NamedTuple):
    """An operation on a document: ``index``, ``create`` or ``update`` with JSON, or ``delete``.

    ``version`` is the sequence number and primary term that the document must have.
    """

    kind: str
    document_id: str
    body: bytes | None = None
    version: tuple[int, int] | None = None


Results = Mapping[str, Mapping[str, Any]]
"""The cluster's result for each document id: ``status``, ``result``, and ``error`` if the document was refused."""


def send(connection: Connection, actions: Iterable[Action], refresh: bool = False) -> Results:
    """Sends all operations. Ids are unique.

    If there are many, a few connections are used at once, and sending begins before all operations are created.
    ``StoreError`` if the cluster cannot be reached; refused operations are in the results.
    """
    settings = connection.settings
    parts = _parts(actions, settings.bulk_items)
    first, second = next(parts, ()), next(parts, ())
    with translate_client_errors(connection.uri):
        if not second:
            return _send_part(connection, first, refresh) if first else {}
        with ThreadPoolExecutor(settings.bulk_threads, thread_name_prefix="sosie-bulk") as pool:
            every = itertools.chain([first, second], parts)
            return _collect(pool.map(lambda part: _send_part(connection, part, refresh), every))


def _send_part(connection: Connection, part: Sequence[Action], refresh: bool) -> Results:
    settings = connection.settings
    answers = streaming_bulk(
        connection.client,
        cast(Any, part),
        chunk_size=settings.bulk_items,
        max_chunk_bytes=settings.bulk_bytes,
        expand_action_callback=cast(Any, _expand),
        raise_on_error=False,
        raise_on_exception=False,
        max_retries=settings.retries,
        initial_backoff=settings.backoff,
        max_backoff=LONGEST_WAIT,
        retry_on_status=BUSY,
        index=connection.name,
        require_alias=True,
        refresh=refresh,
        timeout=f"{max(1, round(settings.seconds / 2))}s",
    )
    return {info["_id"]: info for _, answer in answers for info in answer.values()}


def _expand(action: Action) -> tuple[dict[str, Any], bytes | None]:
    header: dict[str, Any] = {"_id": action.document_id}
    if action.version:
        header["if_seq_no"], header["if_primary_term"] = action.version
    elif action.kind == "update":
        header["retry_on_conflict"] = CONFLICTS
    return {action.kind: header}, action.body


def _parts(actions: Iterable[Action], size: int) -> Iterator[Sequence[Action]]:
    iterator = iter(actions)
    while part := tuple(itertools.islice(iterator, size)):
        yield part


def _collect(parts: Iterable[Results]) -> Results:
    return {document_id: info for part in parts for document_id, info in part.items()}
