"""Checks that the searchable fields of each document agree with its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from sosie.stores.elasticsearch import indices
from sosie.stores.elasticsearch import meta as metas
from sosie.stores.elasticsearch.bulk import Action, send
from sosie.stores.elasticsearch.conditions import items_only
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.documents import attribute_keys, record_of_document, to_document
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.fields import BLOBS, VECTORS, WORDS
from sosie.stores.elasticsearch.meta import Meta
from sosie.stores.elasticsearch.paging import pages
from sosie.stores.elasticsearch.terms import document_id
from sosie.stores.elasticsearch.writing import empty_retired
from sosie.types import CheckReport


def check(connection: Connection, repair: bool) -> CheckReport:
    """See ``Store.check``."""
    now = metas.read_meta(connection)
    items, problems, wrong = 0, [], {}
    for page in pages(connection, items_only([]), "item_id", _light_source(), connection.settings.page):
        for hit in page:
            items += 1
            if right := _correction(hit, now):
                problems.append(f"item {hit['_source'].get('item_id')!r} is not indexed as its record says")
                wrong[hit["_id"]] = right
    problems += [f"vectors that were dropped still take room in {own}" for own in now.layout.retired]
    left = indices.leftovers(connection)
    problems += [f"the index {index} was left behind by an `index --swap` that was ended" for index in left]
    if not repair or not problems:
        return CheckReport(items, tuple(problems))
    _mend(connection, wrong, left)
    return CheckReport(items, (), tuple(problems))


def _light_source() -> dict[str, Any]:
    return {"excludes": [VECTORS, BLOBS, WORDS]}


def _correction(hit: Mapping[str, Any], now: Meta) -> dict[str, Any] | None:
    """The correct content of a document whose content is wrong; None if it is correct."""
    held = hit["_source"]
    try:
        record = record_of_document(held, (), now.layout)
        right = to_document(record, now.layout.with_attributes(attribute_keys([record.attributes])))
    except (KeyError, TypeError, ValueError):
        return {}
    del right[VECTORS], right[BLOBS]
    return (
        None if right == {key: held.get(key) for key in right} and hit["_id"] == document_id(record.item_id) else right
    )


def _mend(connection: Connection, wrong: Mapping[str, Mapping[str, Any]], left: list[str]) -> None:
    send(
        connection, [Action("update", key, orjson.dumps({"doc": right})) for key, right in wrong.items()], refresh=True
    )
    empty_retired(connection)
    with translate_client_errors(connection.uri):
        for index in left:
            connection.client.indices.delete(index=index, ignore_unavailable=True)
