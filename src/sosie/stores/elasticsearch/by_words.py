"""Searches by visual words: Elasticsearch finds the items that share most words; their signatures give the score.

One request returns the first candidates with all data. Another request follows only if they have too few products.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sosie.stores.elasticsearch.conditions import Filter
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.documents import LIGHT, record_of_document, source_fields
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.fields import WORDS
from sosie.stores.elasticsearch.meta import Meta, Outdated
from sosie.stores.elasticsearch.searching import GROWTH, Answer, check_answer, manifest_lines, version_in
from sosie.stores.voting import score_item
from sosie.support.visual_words import VisualWords, WordsQuery
from sosie.types import VISUAL_WORDS, Hit, Record

MOST_CANDIDATES = 10_000
"""Most documents that Elasticsearch returns in a response."""


@dataclass(frozen=True, slots=True)
class SearchByWords:
    """What all queries of a call have in common."""

    connection: Connection
    meta: Meta
    k: int
    filters: Sequence[Filter]
    distinct: bool


def search_by_words(given: SearchByWords, query: WordsQuery) -> list[Hit]:
    """The best hits, best first; equal scores are ordered by item_id. ``Outdated`` if the manifest has changed."""
    if not given.meta.layout.visual_words or not len(query):
        return []
    size = max(given.connection.settings.candidates_by_words, given.k)
    while True:
        size = min(size, MOST_CANDIDATES)
        answer = _request(given, query, size)
        hits = _best(given, query, answer)
        received = len(answer["hits"]["hits"])
        if len(hits) >= given.k or received < size or size == MOST_CANDIDATES:
            return hits[: given.k]
        size *= GROWTH


def _request(given: SearchByWords, query: WordsQuery, size: int) -> Answer:
    lines = [*manifest_lines(), b"{}", orjson.dumps(_body(given, query, size))]
    with translate_client_errors(given.connection.uri):
        response = given.connection.client.msearch(index=given.connection.name, searches=lines)  # type: ignore[arg-type]
    manifest, answer = response["responses"]
    for part in (manifest, answer):
        check_answer(given.connection, part)
    if version_in(manifest) != given.meta.version:
        raise Outdated
    result: Answer = answer
    return result


def _body(given: SearchByWords, query: WordsQuery, size: int) -> dict[str, Any]:
    """The body of a request. The weight of a word is the sum of its votes; frequent words are not left out."""
    summed: defaultdict[str, float] = defaultdict(float)
    for word, weight in zip(query.words.ravel().tolist(), query.weights.ravel().tolist(), strict=True):
        summed[str(word)] += weight
    weighed = {word: weight for word, weight in summed.items() if weight > 0}
    words = {"sparse_vector": {"field": WORDS, "query_vector": weighed, "prune": False}}
    return {
        "query": {"bool": {"must": [words], "filter": list(given.filters)}},
        "size": size,
        "_source": source_fields((VISUAL_WORDS,), given.meta.layout),
        "track_total_hits": False,
    }


def _best(given: SearchByWords, query: WordsQuery, answer: Answer) -> list[Hit]:
    hits = [_hit(given, query, hit_data) for hit_data in answer["hits"]["hits"]]
    voted = sorted((hit for hit in hits if hit.score), key=lambda hit: (-(hit.score or 0.0), hit.item_id))
    if not given.distinct:
        return voted
    best: dict[str, Hit] = {}
    for hit in voted:
        best.setdefault(hit.record.product_id, hit)
    return list(best.values())


def _hit(given: SearchByWords, query: WordsQuery, hit_data: Answer) -> Hit:
    loaded = record_of_document(hit_data["_source"], (VISUAL_WORDS,), given.meta.layout)
    words = VisualWords.from_bytes(loaded.blobs[VISUAL_WORDS])
    light: Record = record_of_document({name: hit_data["_source"][name] for name in LIGHT}, (), given.meta.layout)
    return Hit(light.item_id, score_item(query, words), light)
