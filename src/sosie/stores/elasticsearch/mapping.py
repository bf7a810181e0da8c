"""The settings and the mapping of an index."""

from __future__ import annotations

import time
from typing import Any

from sosie.stores.elasticsearch.fields import ATTRIBUTES, BLOBS, VECTORS, WORDS, Layout, VectorField
from sosie.stores.elasticsearch.settings import ElasticsearchSettings

FORMAT_VERSION = 1
MARK = "sosie"
"""Key in the mapping's ``_meta`` that marks an index of Sosie."""
MOST_FIELDS = 10_000
STEMS = "value_stems"
STEMS_PROPERTY = {STEMS: {"type": "text", "analyzer": "whitespace", "index_options": "docs", "norms": False}}
"""The field for words without their endings. Indices of earlier versions get it when they are opened."""
WHOLE_GRAPH_SINCE = (9, 2)
"""From this version on, the search graph can be followed through items that do not pass a filter.

By default Elasticsearch skips them. With a filter that a tenth of a million items passed, it found 0.88 of the nearest
items by default, and 1.00 with this setting.
"""
_TYPES = {"string": "keyword", "strings": "keyword", "number": "double", "boolean": "boolean"}


def index_settings(settings: ElasticsearchSettings, version: tuple[int, int]) -> dict[str, Any]:
    """The settings of a new index on a server of this version."""
    whole_graph = {"dense_vector.hnsw_filter_heuristic": "fanout"} if version >= WHOLE_GRAPH_SINCE else {}
    return {
        **whole_graph,
        "number_of_shards": settings.shards or 1,
        "number_of_replicas": 1 if settings.replicas is None else settings.replicas,
        "mapping.total_fields.limit": MOST_FIELDS,
    }


def mark(name: str, settings: ElasticsearchSettings) -> dict[str, Any]:
    """The mark in the mapping of an index. ``at_work`` is the last sign of life of the process that fills it."""
    return {"format": FORMAT_VERSION, "catalogue": name, "vectors": settings.vectors, "at_work": time.time()}


def mapping(name: str, layout: Layout, settings: ElasticsearchSettings) -> dict[str, Any]:
    """The mapping of a new index. ``name`` is the catalog's name."""
    stored = {"type": "keyword", "index": False, "doc_values": False}
    spoken = {"type": "text", "index": False, "analyzer": "whitespace", "copy_to": "words"}
    return {
        "dynamic": "strict",
        "_meta": {MARK: mark(name, settings)},
        "properties": {
            "kind": {"type": "keyword"},
            "item_id": {"type": "keyword"},
            "product_id": {"type": "keyword"},
            "content_sha256": {"type": "keyword"},
            "order": {"type": "keyword"},
            "record": stored,
            "values": stored,
            "json": stored,
            "id_words": spoken,
            "value_words": spoken,
            **STEMS_PROPERTY,
            "words": {"type": "text", "analyzer": "whitespace", "index_options": "freqs"},
            BLOBS: {"type": "object", "enabled": False},
            **added_properties(Layout(), layout),
        },
    }


def added_properties(old: Layout, new: Layout) -> dict[str, Any]:
    """The properties that a new layout adds to the mapping; empty if nothing is missing."""
    attributes = {own: {"type": _TYPES[key[1]]} for key, own in new.attributes.items() if key not in old.attributes}
    vectors = {held.name: _dense_vector(held) for name, held in new.vectors.items() if old.vectors.get(name) != held}
    groups = {ATTRIBUTES: attributes, VECTORS: vectors}
    words = {WORDS: {"type": "sparse_vector"}} if new.visual_words and not old.visual_words else {}
    return {**{group: {"dynamic": "strict", "properties": own} for group, own in groups.items()}, **words}


def _dense_vector(held: VectorField) -> dict[str, Any]:
    return {
        "type": "dense_vector",
        "dims": held.dim,
        "index": True,
        "similarity": "cosine",
        "index_options": {"type": held.index, "m": 16, "ef_construction": 100},
    }
