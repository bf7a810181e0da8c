"""Searches by vector: one request for all queries of a call, and more requests only for incomplete answers.

The request also reads the version of the manifest's document, which saves a round trip. With ``distinct`` the nearest
items are grouped by product. If one product has all of them, another request leaves out the returned products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sosie.errors import StoreUnavailable
from sosie.stores.elasticsearch.conditions import Filter, any_of
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.documents import LIGHT, record_of_document
from sosie.stores.elasticsearch.exhaustive import search_all
from sosie.stores.elasticsearch.faults import reason_of, translate_client_errors
from sosie.stores.elasticsearch.fields import VECTORS, VectorField
from sosie.stores.elasticsearch.meta import DOCUMENT_ID, Meta, Outdated, Version, version_of
from sosie.stores.elasticsearch.reading import count
from sosie.stores.elasticsearch.terms import term
from sosie.types import Hit, Vectors

VIEWS_GUESSED = 3
"""Number of items that the first request examines for each wanted product."""
GROWTH = 4
Answer = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Search:
    """What all queries of a call have in common."""

    connection: Connection
    meta: Meta
    field: VectorField
    name: str
    k: int
    filters: Sequence[Filter]
    distinct: bool

    @property
    def filters_with_vector(self) -> list[Filter]:
        """The filters, and the condition that an item has the vector."""
        return [*self.filters, {"exists": {"field": f"{VECTORS}.{self.field.name}"}}]


@dataclass(slots=True)
class PendingQuery:
    """A query with its hits so far. ``nearest`` is the number of items that the next request examines."""

    vector: Vectors
    nearest: int
    hits: list[Hit] = field(default_factory=list)
    complete: bool = False


def search(given: Search, queries: Vectors) -> list[list[Hit]]:
    """The best hits of each query, best first, equal scores by item_id. ``Outdated`` if the manifest has changed."""
    most = given.connection.settings.most_candidates
    nearest = min(most, given.k * (VIEWS_GUESSED if given.distinct else 1))
    pending = [PendingQuery(vector, nearest) for vector in queries]
    size = given.connection.settings.queries_at_once
    while incomplete := [query for query in pending if not query.complete]:
        _request(given, incomplete[:size])
    lacking = [query for query in pending if len(query.hits) < given.k]
    if lacking:
        _complete(given, lacking)
    return [sorted(query.hits, key=lambda hit: (-(hit.score or 0.0), hit.item_id)) for query in pending]


def _request(given: Search, pending: Sequence[PendingQuery]) -> None:
    lines = [*manifest_lines(), *(line for query in pending for line in (b"{}", orjson.dumps(
        _body(given, query), option=orjson.OPT_SERIALIZE_NUMPY)))]  # fmt: skip
    with translate_client_errors(given.connection.uri):
        response = given.connection.client.msearch(index=given.connection.name, searches=lines)  # type: ignore[arg-type]
    for answer in response["responses"]:
        check_answer(given.connection, answer)
    manifest, *answers = response["responses"]
    if version_in(manifest) != given.meta.version:
        raise Outdated
    for query, answer in zip(pending, answers, strict=True):
        _take(given, query, answer)


def manifest_lines() -> tuple[bytes, bytes]:
    """The part of a request that reads the version of the manifest's document."""
    body = {
        "query": {"ids": {"values": [DOCUMENT_ID]}},
        "size": 1,
        "_source": False,
        "seq_no_primary_term": True,
        "track_total_hits": False,
    }
    return orjson.dumps({"routing": DOCUMENT_ID}), orjson.dumps(body)


def _body(given: Search, query: PendingQuery) -> dict[str, Any]:
    settings, products = given.connection.settings, [term(hit.record.product_id) for hit in query.hits]
    without: list[Filter] = [{"bool": {"must_not": [any_of("product_id", products)]}}] if products else []
    knn = {
        "field": f"{VECTORS}.{given.field.name}",
        "query_vector": query.vector,
        "k": query.nearest,
        "num_candidates": max(settings.candidates, min(settings.most_candidates, 2 * query.nearest)),
    }
    if filters := [*given.filters, *without]:
        knn["filter"] = filters
    if given.field.quantized:
        knn["rescore_vector"] = {"oversample": settings.oversample}
    collapse = {"collapse": {"field": "product_id"}} if given.distinct else {}
    return {"knn": knn, "size": min(query.nearest, given.k - len(query.hits)), "_source": LIGHT, **collapse}


def _take(given: Search, query: PendingQuery, answer: Answer) -> None:
    hits = [_hit(hit, given.meta) for hit in answer["hits"]["hits"]]
    query.hits += hits
    exhausted = answer["hits"]["total"]["value"] < query.nearest
    query.complete = len(query.hits) >= given.k or exhausted or not given.distinct
    query.nearest = min(given.connection.settings.most_candidates, query.nearest * GROWTH)


def _complete(given: Search, lacking: Sequence[PendingQuery]) -> None:
    """Compares every item, for answers with fewer than k hits although more items pass."""
    items = count(given.connection, given.filters_with_vector)
    short = [
        query for query in lacking if len(query.hits) < min(given.k, items) and not _holds_all(given, query, items)
    ]
    if not short:
        return
    completed = search_all(
        given.connection, given.meta, given.name, given.filters_with_vector, given.k, given.distinct
    )([query.vector for query in short])
    for query, hits in zip(short, completed, strict=True):
        query.hits = hits


def _holds_all(given: Search, query: PendingQuery, items: int) -> bool:
    """True if the items that pass but were not returned all belong to returned products."""
    if not given.distinct:
        return False
    products = any_of("product_id", [term(hit.record.product_id) for hit in query.hits])
    return bool(query.hits) and count(given.connection, [*given.filters_with_vector, products]) == items


def _hit(hit: Answer, meta: Meta) -> Hit:
    record = record_of_document(hit["_source"], (), meta.layout)
    return Hit(record.item_id, max(-1.0, min(1.0, 2 * hit["_score"] - 1)), record)


def version_in(answer: Answer) -> Version | None:
    """The version in the response to ``manifest_lines``."""
    return next((version_of(hit) for hit in answer["hits"]["hits"]), None)


def check_answer(connection: Connection, answer: Answer) -> None:
    """Raises ``StoreUnavailable`` if a part of the index did not answer."""
    failed = answer.get("_shards", {}).get("failed", 0)
    if "error" in answer or failed or answer.get("timed_out"):
        reason = ": ".join(reason_of(answer)) or f"{failed} shards did not answer in time"
        raise StoreUnavailable(f"{connection.uri} could not search everything ({reason}): check the cluster's health")
