"""Writes items: upsert, update, delete, and named vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import orjson

from sosie.errors import UpdateConflict
from sosie.stores import checks
from sosie.stores.elasticsearch import meta as metas
from sosie.stores.elasticsearch.bulk import Action, Results, send
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.documents import (
    attribute_keys,
    attribute_part,
    record_of_document,
    to_document,
    vector_part,
)
from sosie.stores.elasticsearch.faults import CONFLICT, MISSING, document_error, reason_of, translate_client_errors
from sosie.stores.elasticsearch.fields import VECTORS, AttributeKey
from sosie.stores.elasticsearch.meta import Meta
from sosie.stores.elasticsearch.paging import pages
from sosie.stores.elasticsearch.reading import get_documents
from sosie.stores.elasticsearch.terms import document_id
from sosie.types import VISUAL_WORDS, Attributes, Record, Rejection, Vectors

OK = 300
Versions: TypeAlias = Mapping[str, tuple[int, int]]
"""By document id, the sequence number and primary term that the document must have."""


def upsert(connection: Connection, now: Meta, records: Sequence[Record]) -> list[Rejection]:
    """See ``Store.upsert``; a record that JSON or the index cannot store is returned as a rejection."""
    checks.check_records(records, now.manifest)
    now = _with_fields(connection, now, attribute_keys(record.attributes for record in records))
    if not now.layout.visual_words and any(VISUAL_WORDS in record.blobs for record in records):
        now = metas.change_layout(connection, lambda meta: meta.layout.with_visual_words())
    unique = {record.item_id: record for record in records}
    ids = {document_id(item_id): item_id for item_id in unique}
    rejections: list[Rejection] = []
    results = send(connection, _documents(unique.values(), now, rejections))
    refused = {key: info for key, info in results.items() if info["status"] >= OK}
    for key, info in refused.items():
        _raise_refusal(connection, info)
        rejections.append(Rejection(ids[key], "store", f"Elasticsearch refused it: {': '.join(reason_of(info))}"))
    return rejections


def update(
    connection: Connection, now: Meta, attributes: Mapping[str, Attributes], versions: Versions = MappingProxyType({})
) -> int:
    """See ``Store.update``; ``UpdateConflict`` if a document has another version now."""
    for item_id, values in attributes.items():
        checks.check_attributes(item_id, values)
    now = _with_fields(connection, now, attribute_keys(attributes.values()))
    parts = {item_id: attribute_part(values, now.layout) for item_id, values in attributes.items()}
    return _update(connection, {document_id(item_id): part for item_id, part in parts.items()}, versions)


def exchange(
    connection: Connection, now: Meta, attributes: Mapping[str, Attributes], expected: Mapping[str, Attributes]
) -> int:
    """``Store.update`` with ``expected``: changes only documents that are unchanged since they were read."""
    documents = get_documents(connection, now, list(attributes), ())
    checks.check_unchanged(
        (record_of_document(document["_source"], (), now.layout) for document in documents), expected
    )
    versions = {document["_id"]: (document["_seq_no"], document["_primary_term"]) for document in documents}
    return update(connection, now, attributes, versions)


def put_vectors(connection: Connection, now: Meta, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
    """See ``Store.put_vectors``."""
    checks.check_matrix(name, item_ids, matrix, now.manifest)
    rows = dict(zip(item_ids, matrix, strict=True))
    return _update(connection, {document_id(i): vector_part(name, row, now.layout) for i, row in rows.items()})


def delete(connection: Connection, item_ids: Iterable[str]) -> int:
    """See ``Store.delete``."""
    keys = dict.fromkeys(map(document_id, item_ids))
    return _existing(connection, send(connection, [Action("delete", key) for key in keys]))


def drop_vectors(connection: Connection, name: str) -> None:
    """See ``Store.drop_vectors``: removes the name from the layout in one step, then empties the field."""

    def change(now: Meta) -> Any:
        if name not in now.layout.vectors:
            return now.layout
        return now.layout.without_vector(name).with_manifest(now.manifest, connection.settings)

    metas.change_layout(connection, change)
    empty_retired(connection)


def empty_retired(connection: Connection) -> list[str]:
    """Removes dropped vectors, which searches no longer use; returns the emptied fields."""
    retired = metas.read_meta(connection).layout.retired
    for own in retired:
        _empty(connection, own)
    metas.change_layout(connection, lambda now: now.layout.without_retired(retired))
    return list(retired)


def _empty(connection: Connection, own: str) -> None:
    with_it = {"exists": {"field": f"{VECTORS}.{own}"}}
    refresh(connection)
    for page in pages(connection, with_it, "item_id", False, connection.settings.page):
        _update(connection, {hit["_id"]: {VECTORS: {own: None}} for hit in page})


def refresh(connection: Connection) -> None:
    """Makes all writes visible to searches."""
    with translate_client_errors(connection.uri):
        connection.client.indices.refresh(index=connection.name)


def _with_fields(connection: Connection, now: Meta, keys: set[AttributeKey]) -> Meta:
    return now if keys <= now.layout.attributes.keys() else metas.learn(connection, keys)


def _documents(records: Iterable[Record], now: Meta, rejections: list[Rejection]) -> Iterator[Action]:
    """An action for each record. Records that cannot be written as JSON are added to ``rejections``."""
    for record in records:
        try:
            body = orjson.dumps(to_document(record, now.layout), option=orjson.OPT_SERIALIZE_NUMPY)
        except (TypeError, UnicodeError) as error:
            rejections.append(Rejection(record.item_id, "store", f"it cannot be written as JSON: {error}"))
        else:
            yield Action("index", document_id(record.item_id), body)


def _update(
    connection: Connection, parts: Mapping[str, Mapping[str, Any]], versions: Versions = MappingProxyType({})
) -> int:
    bodies = {key: orjson.dumps({"doc": part}, option=orjson.OPT_SERIALIZE_NUMPY) for key, part in parts.items()}
    actions = [Action("update", key, body, versions.get(key)) for key, body in bodies.items()]
    results = send(connection, actions)
    for key in versions:
        if key in results and results[key]["status"] == CONFLICT:
            raise UpdateConflict("an item was changed meanwhile: read it again and repeat the change")
    return _existing(connection, results)


def _existing(connection: Connection, results: Results) -> int:
    """The number of existing documents; raises if a document could not be changed."""
    for info in results.values():
        if info["status"] >= OK and info["status"] != MISSING:
            _raise_refusal(connection, info)
            raise ValueError(f"item {info['_id']!r} cannot be changed: {': '.join(reason_of(info))}")
    return sum(info["status"] < OK for info in results.values())


def _raise_refusal(connection: Connection, info: Mapping[str, Any]) -> None:
    if failure := document_error(connection.uri, info):
        raise failure
