"""Reads, scans and counts items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sosie.filters import Where
from sosie.filters.order import Place, SortOrder
from sosie.stores.elasticsearch.conditions import Filter, field_of, items_only, to_filters
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.documents import record_of_document, source_fields
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.meta import DOCUMENT_ID, Meta, Outdated, version_of
from sosie.stores.elasticsearch.paging import pages
from sosie.stores.elasticsearch.terms import document_id, term
from sosie.types import RECORD_FIELDS, Record

_MANIFEST = {"_id": DOCUMENT_ID, "_source": False}


def get(connection: Connection, now: Meta, item_ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """See ``Store.get``; every acknowledged write is visible, before a refresh too.

    Each response includes the version of the manifest's document. ``Outdated`` if it is not the version in ``now``.
    """
    documents = get_documents(connection, now, item_ids, fields)
    return [record_of_document(document["_source"], fields, now.layout) for document in documents]


def get_documents(
    connection: Connection, now: Meta, item_ids: Sequence[str], fields: Sequence[str]
) -> list[dict[str, Any]]:
    """The existing documents with their versions, in the order of the ids. ``Outdated`` as for ``get``."""
    keys = list(dict.fromkeys(map(document_id, item_ids)))
    size = page_size(connection, fields)
    return [
        document
        for start in range(0, len(keys), size)
        for document in _get(connection, now, keys[start:][:size], fields)
    ]


def scan(connection: Connection, now: Meta, where: Where | None, after: str, fields: Sequence[str]) -> Iterator[Record]:
    """See ``Store.scan``; all records are as they were when the first was read."""
    filters = to_filters(where, now)
    if after:
        filters.append({"range": {"item_id": {"gt": term(after)}}})
    return scan_filtered(connection, now, filters, fields)


def scan_sorted(
    connection: Connection, now: Meta, order: SortOrder, where: Where | None, after: Place | None, fields: Sequence[str]
) -> Iterator[Record]:
    """See ``Store.scan_sorted``; records with a value come first."""
    filters, path = to_filters(where, now), field_of(order.attribute, now)
    if path is not None and (after is None or after.value is not None):
        by = {"item_id": "asc", path: "desc" if order.descending else "asc"}
        place = None if after is None else {"item_id": term(after.item_id), path: _sort_value(after.value)}
        fields_in_order = dict.fromkeys([path, "item_id"])
        yield from scan_filtered(
            connection, now, [*filters, {"exists": {"field": path}}], fields,
            {field: by[field] for field in fields_in_order},
            None if place is None else [place[field] for field in fields_in_order],
        )  # fmt: skip
    behind = [] if after is None or after.value is not None else [{"range": {"item_id": {"gt": term(after.item_id)}}}]
    if path not in RECORD_FIELDS:
        missing = [] if path is None else [{"bool": {"must_not": [{"exists": {"field": path}}]}}]
        yield from scan_filtered(connection, now, [*filters, *missing, *behind], fields)


def _sort_value(value: str | float | None) -> str | float | None:
    return term(value) if isinstance(value, str) else value


def scan_filtered(
    connection: Connection,
    now: Meta,
    filters: Sequence[Filter],
    fields: Sequence[str],
    order: str | Mapping[str, str] = "item_id",
    after: Sequence[Any] | None = None,
) -> Iterator[Record]:
    """Every record that passes all filters, in order of item_id or of other fields."""
    source: dict[str, Any] = {"includes": source_fields(fields, now.layout)}
    if connection.vectors_aside:
        source["exclude_vectors"] = False
    for page in pages(connection, items_only(filters), order, source, page_size(connection, fields), after):
        for hit in page:
            yield record_of_document(hit["_source"], fields, now.layout)


def count(connection: Connection, filters: Sequence[Filter]) -> int:
    """The number of items that pass all filters."""
    with translate_client_errors(connection.uri):
        answer = connection.client.count(index=connection.name, query=items_only(filters))
    return int(answer["count"])


def page_size(connection: Connection, fields: Sequence[str]) -> int:
    """The number of records for a response of moderate size."""
    return connection.settings.page_with_vectors if fields else connection.settings.page


def _get(connection: Connection, now: Meta, keys: Sequence[str], fields: Sequence[str]) -> list[dict[str, Any]]:
    with_vectors = "?_source_exclude_vectors=false" if connection.vectors_aside else ""
    with translate_client_errors(connection.uri):
        answer = connection.client.options().perform_request(
            "POST",
            f"/{connection.name}/_mget{with_vectors}",
            headers={"accept": "application/json", "content-type": "application/json"},
            body={"docs": [_MANIFEST, *({"_id": key, "_source": source_fields(fields, now.layout)} for key in keys)]},
        )
    manifest, *items = answer["docs"]
    if not manifest.get("found") or version_of(manifest) != now.version:
        raise Outdated
    return [document for document in items if document.get("found")]
