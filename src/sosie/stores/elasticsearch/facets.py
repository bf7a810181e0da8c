"""Counts the values of attributes exactly: in one request if all values fit into it, else page by page.

A request for the most frequent values would be wrong with several shards, because each shard returns only its own most
frequent values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sosie.filters import Where, known_type
from sosie.stores.elasticsearch.conditions import field_of, items_only, to_filters
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.meta import Meta
from sosie.types import AttributeType, Facet

Counts = Mapping[str | float | bool, int]
PAGE = 10_000


def facets(
    connection: Connection, now: Meta, attributes: Sequence[str], where: Where | None, limit: int
) -> list[Facet]:
    """See ``Store.facets``."""
    types = {name: known_type(name, now.manifest.attributes) for name in attributes}
    paths = {name: path for name in types if (path := field_of(name, now))}
    query = items_only(to_filters(where, now))
    counted = _counted(connection, query, paths, connection.settings.facet_values)
    for name in paths.keys() - counted.keys():
        counted[name] = _all_pages(connection, query, paths[name])
    return [_facet(name, types[name], counted.get(name, {}), limit) for name in attributes]


def _counted(connection: Connection, query: Any, paths: Mapping[str, str], size: int) -> dict[str, Counts]:
    """The counts of the attributes whose values all fit into one request; other attributes are left out."""
    if not paths:
        return {}
    names = list(paths)
    aggregations = {str(n): {"terms": {"field": paths[name], "size": size}} for n, name in enumerate(names)}
    results = _aggregate(connection, query, aggregations)
    buckets = {name: results[str(n)]["buckets"] for n, name in enumerate(names)}
    return {name: {_value(b): b["doc_count"] for b in own} for name, own in buckets.items() if len(own) < size}


def _all_pages(connection: Connection, query: Any, path: str) -> Counts:
    counts: dict[str | float | bool, int] = {}
    composite: dict[str, Any] = {"size": PAGE, "sources": [{"value": {"terms": {"field": path}}}]}
    while True:
        result = _aggregate(connection, query, {"values": {"composite": composite}})["values"]
        counts |= {bucket["key"]["value"]: bucket["doc_count"] for bucket in result["buckets"]}
        if "after_key" not in result:
            return counts
        composite = {**composite, "after": result["after_key"]}


def _aggregate(connection: Connection, query: Any, aggregations: Mapping[str, Any]) -> dict[str, Any]:
    with translate_client_errors(connection.uri):
        answer = connection.client.search(
            index=connection.name, query=query, aggregations=aggregations, size=0, track_total_hits=False
        )
    results: dict[str, Any] = answer["aggregations"]
    return results


def _facet(name: str, kind: AttributeType, counts: Counts, limit: int) -> Facet:
    typed = {bool(value) if kind == "boolean" else value: n for value, n in counts.items()}
    values = tuple(sorted(typed.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])
    numbers = [float(value) for value in typed] if kind == "number" else []
    return Facet(name, kind, values, len(typed), min(numbers, default=None), max(numbers, default=None))


def _value(bucket: Mapping[str, Any]) -> str | float | bool:
    value: str | float | bool = bucket["key"]
    return value
