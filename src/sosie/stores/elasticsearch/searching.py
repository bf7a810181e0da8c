"""Search by vector: all queries of a call in one request, and more requests only for answers that lack something.

Beside the queries the request asks for the manifest's document, so that a change made elsewhere is noticed without a
round trip of its own. With ``distinct`` the nearest items are collapsed by product; where one product fills them, they
are asked for again without the products that are there already.
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
"""How many items are looked at for each product that is asked for, before it is known how many views they have."""
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
        """What an item must pass to be found at all."""
        return [*self.filters, {"exists": {"field": f"{VECTORS}.{self.field.name}"}}]


@dataclass(slots=True)
class PendingQuery:
    """One query and what was found for it so far; ``nearest`` is how many items the next request looks at."""

    vector: Vectors
    nearest: int
    hits: list[Hit] = field(default_factory=list)
    complete: bool = False


def search(given: Search, queries: Vectors) -> list[list[Hit]]:
    """The best hits of each query, best first, ties by item_id; ``Outdated`` where the manifest has changed."""
    most = given.connection.settings.most_candidates
    nearest = min(most, given.k * (VIEWS_GUESSED if given.distinct else 1))
    asked = [PendingQuery(vector, nearest) for vector in queries]
    size = given.connection.settings.queries_at_once
    while open_ones := [one for one in asked if not one.complete]:
        _ask(given, open_ones[:size])
    lacking = [one for one in asked if len(one.hits) < given.k]
    if lacking:
        _complete(given, lacking)
    return [sorted(one.hits, key=lambda hit: (-(hit.score or 0.0), hit.item_id)) for one in asked]


def _ask(given: Search, asked: Sequence[PendingQuery]) -> None:
    lines = [*manifest_lines(), *(line for one in asked for line in (b"{}", orjson.dumps(
        _body(given, one), option=orjson.OPT_SERIALIZE_NUMPY)))]  # fmt: skip
    with translate_client_errors(given.connection.uri):
        response = given.connection.client.msearch(index=given.connection.name, searches=lines)  # type: ignore[arg-type]
    for answer in response["responses"]:
        check_answer(given.connection, answer)
    manifest, *answers = response["responses"]
    if version_in(manifest) != given.meta.version:
        raise Outdated
    for one, answer in zip(asked, answers, strict=True):
        _take(given, one, answer)


def manifest_lines() -> tuple[bytes, bytes]:
    """The part of a request that asks for the manifest's version."""
    body = {
        "query": {"ids": {"values": [DOCUMENT_ID]}},
        "size": 1,
        "_source": False,
        "seq_no_primary_term": True,
        "track_total_hits": False,
    }
    return orjson.dumps({"routing": DOCUMENT_ID}), orjson.dumps(body)


def _body(given: Search, one: PendingQuery) -> dict[str, Any]:
    settings, found = given.connection.settings, [term(hit.record.product_id) for hit in one.hits]
    without: list[Filter] = [{"bool": {"must_not": [any_of("product_id", found)]}}] if found else []
    knn = {
        "field": f"{VECTORS}.{given.field.name}",
        "query_vector": one.vector,
        "k": one.nearest,
        "num_candidates": min(settings.most_candidates, max(settings.candidates, 2 * one.nearest)),
    }
    if filters := [*given.filters, *without]:
        knn["filter"] = filters
    if given.field.quantised:
        knn["rescore_vector"] = {"oversample": settings.oversample}
    collapse = {"collapse": {"field": "product_id"}} if given.distinct else {}
    return {"knn": knn, "size": min(one.nearest, given.k - len(one.hits)), "_source": LIGHT, **collapse}


def _take(given: Search, one: PendingQuery, answer: Answer) -> None:
    found = [_hit(hit, given.meta) for hit in answer["hits"]["hits"]]
    one.hits += found
    exhausted = answer["hits"]["total"]["value"] < one.nearest
    one.complete = len(one.hits) >= given.k or exhausted or not given.distinct
    one.nearest = min(given.connection.settings.most_candidates, one.nearest * GROWTH)


def _complete(given: Search, lacking: Sequence[PendingQuery]) -> None:
    """Look at every item, where an answer is shorter than asked for although there are more items than it holds."""
    items = count(given.connection, given.filters_with_vector)
    short = [one for one in lacking if len(one.hits) < min(given.k, items) and not _holds_all(given, one, items)]
    if not short:
        return
    found = search_all(given.connection, given.meta, given.name, given.filters_with_vector, given.k, given.distinct)(
        [one.vector for one in short]
    )
    for one, hits in zip(short, found, strict=True):
        one.hits = hits


def _holds_all(given: Search, one: PendingQuery, items: int) -> bool:
    """Whether the items that pass and were not returned are further views of the products that were."""
    if not given.distinct:
        return False
    products = any_of("product_id", [term(hit.record.product_id) for hit in one.hits])
    return bool(one.hits) and count(given.connection, [*given.filters_with_vector, products]) == items


def _hit(hit: Answer, meta: Meta) -> Hit:
    record = record_of_document(hit["_source"], (), meta.layout)
    return Hit(record.item_id, max(-1.0, min(1.0, 2 * hit["_score"] - 1)), record)


def version_in(answer: Answer) -> Version | None:
    """The version that the answer to ``manifest_lines`` tells."""
    return next((version_of(hit) for hit in answer["hits"]["hits"]), None)


def check_answer(connection: Connection, answer: Answer) -> None:
    """``StoreUnavailable`` where a part of the index did not answer."""
    failed = answer.get("_shards", {}).get("failed", 0)
    if "error" in answer or failed or answer.get("timed_out"):
        reason = ": ".join(reason_of(answer)) or f"{failed} shards did not answer in time"
        raise StoreUnavailable(f"{connection.uri} could not search everything ({reason}): look at the cluster's health")
