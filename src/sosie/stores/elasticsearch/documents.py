"""Converts records to documents of Elasticsearch, and documents to records.

``record`` and ``values`` are JSON texts that Elasticsearch only stores, so they are returned exactly. All other fields
are for search: terms, typed attributes, words, vectors. Attributes are in a list, because a partial update replaces a
list completely.
"""

from __future__ import annotations

import base64
import json
import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from sosie.stores.elasticsearch.fields import (
    ATTRIBUTES,
    BLOBS,
    VECTORS,
    WORDS,
    AttributeKey,
    Layout,
    blob_field,
)
from sosie.stores.elasticsearch.mapping import STEMS
from sosie.stores.elasticsearch.terms import indexed_stems_of_values, indexed_words_of_values, number, term
from sosie.support.visual_words import VisualWords
from sosie.types import VISUAL_WORDS, Attributes, AttributeValue, Record, Vectors, attribute_type

_LONG_NUMBER = re.compile(r"\d{19}")
LIGHT = ("record", "values")
"""The fields that a record without vectors and blobs needs."""


def attribute_keys(values: Iterable[Attributes]) -> set[AttributeKey]:
    """Every attribute in ``values``, with its type."""
    return {(name, attribute_type(value)) for attributes in values for name, value in attributes.items()}


def to_document(record: Record, layout: Layout) -> dict[str, Any]:
    """The complete document of a record. ``layout`` must have a field for each attribute and vector."""
    return {
        "kind": "item",
        "item_id": term(record.item_id),
        "product_id": term(record.product_id),
        "content_sha256": term(record.content_sha256),
        "record": _exact(record),
        "id_words": indexed_words_of_values((record.item_id, record.product_id)),
        **attribute_part(record.attributes, layout),
        VECTORS: {layout.vectors[name].name: _numbers(vector) for name, vector in record.vectors.items()},
        BLOBS: {blob_field(name): base64.b64encode(data).decode() for name, data in record.blobs.items()},
        **_words_part(record),
    }


def attribute_part(attributes: Attributes, layout: Layout) -> dict[str, Any]:
    """The part of a document that depends on attributes, for a partial update."""
    typed = {layout.attributes[name, attribute_type(v)]: _indexed(v) for name, v in attributes.items() if v != ()}
    return {
        "values": json.dumps(dict(attributes), ensure_ascii=False),
        "value_words": indexed_words_of_values(attributes.values()),
        STEMS: indexed_stems_of_values(attributes.values()),
        ATTRIBUTES: [typed] if typed else [],
    }


def vector_part(name: str, vector: Vectors, layout: Layout) -> dict[str, Any]:
    """The part of a document with a vector, for a partial update."""
    return {VECTORS: {layout.vectors[name].name: _numbers(vector)}}


def source_fields(names: Sequence[str], layout: Layout) -> list[str]:
    """The fields to load for a record with these vectors and blobs."""
    return [*LIGHT, *(_path(name, layout) for name in names)]


def record_of_document(source: Mapping[str, Any], fields: Sequence[str], layout: Layout) -> Record:
    """The record of a loaded document, with those vectors and blobs of ``fields`` that the document has."""
    light = orjson.loads(source["record"])
    vectors, blobs = source.get(VECTORS) or {}, source.get(BLOBS) or {}
    held = {name: layout.vectors[name].name for name in fields if name in layout.vectors}
    return Record(
        item_id=light["item_id"],
        product_id=light["product_id"],
        image=_as_tuple(light["image"]),
        links=tuple(light["links"]),
        attributes={name: _as_tuple(value) for name, value in _values(source["values"]).items()},
        content_sha256=light["content_sha256"],
        vectors={name: np.array(vectors[own], np.float32) for name, own in held.items() if vectors.get(own)},
        blobs={
            name: base64.b64decode(blobs[blob_field(name)])
            for name in fields
            if name not in held and blob_field(name) in blobs
        },
        updated_at=light["updated_at"],
    )


def _words_part(record: Record) -> dict[str, Any]:
    """Each visual word once. Its weight is that of its votes."""
    if VISUAL_WORDS not in record.blobs:
        return {}
    words = VisualWords.from_bytes(record.blobs[VISUAL_WORDS])
    share = 1 / math.sqrt(max(1, len(words)))
    return {WORDS: {str(word): share for word in np.unique(words.words).tolist()}}


def _values(text: str) -> dict[str, Any]:
    """The attributes. They are parsed with ``json``, because orjson turns integers of more than 64 bits into floats."""
    values: dict[str, Any] = json.loads(text) if _LONG_NUMBER.search(text) else orjson.loads(text)
    return values


def _exact(record: Record) -> str:
    light = {
        "item_id": record.item_id,
        "product_id": record.product_id,
        "image": record.image,
        "links": record.links,
        "content_sha256": record.content_sha256,
        "updated_at": record.updated_at or time.time(),
    }
    return json.dumps(light, ensure_ascii=False)


def _path(name: str, layout: Layout) -> str:
    held = layout.vectors.get(name)
    return f"{BLOBS}.{blob_field(name)}" if held is None else f"{VECTORS}.{held.name}"


def _indexed(value: AttributeValue) -> str | float | bool | list[str]:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return term(value)
    return number(value) if isinstance(value, int | float) else [term(text) for text in value]


def _numbers(vector: Vectors) -> Vectors:
    return np.ascontiguousarray(vector, np.float32)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
