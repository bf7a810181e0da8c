"""Full-text search: Elasticsearch finds candidates, with its own fuzziness, and Sosie ranks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sosie.stores.elasticsearch.conditions import Filter, items_only
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.documents import LIGHT, record_of_document
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.mapping import STEMS
from sosie.stores.elasticsearch.meta import Meta
from sosie.stores.elasticsearch.terms import indexed_words, stem_term
from sosie.stores.fulltext.asked import ONE_EDIT, PREFIX, SAME, SAME_STEM, SearchWord, TextQuery, to_query
from sosie.stores.fulltext.languages import FUNCTION_WORDS, choose_language
from sosie.stores.fulltext.ranking import Distinct, Ranker, best_hits
from sosie.types import Hit, Record

WORDS = "words"
MOST_HITS = 10_000
MOST_EXPANSIONS = 200
"""A mistyped word is matched with at most this many words of the vocabulary."""


@dataclass(frozen=True, slots=True)
class WordSearch:
    """The connection and filters of a search."""

    connection: Connection
    meta: Meta
    filters: Sequence[Filter]
    distinct: Distinct


def search_text(given: WordSearch, words: str, minus: str, k: int) -> list[Hit]:
    """See ``Store.search_text``; at most 10,000 items are ranked."""
    if not indexed_words(words):
        return []
    items, *by_language = _count(given, [{"terms": {WORDS: list(some)}} for some in FUNCTION_WORDS.values()])
    counts = dict(zip(FUNCTION_WORDS.values(), by_language, strict=True))
    language = choose_language(counts.__getitem__, items)
    full_query = to_query(words, minus, language, lambda _: True)
    frequencies = _frequencies(given, full_query.words, forms_only=True)
    query = to_query(words, minus, language, lambda word: frequencies[word.text] > 0)
    ranker = Ranker(query, items, _frequencies(given, query.words))
    return best_hits(lambda depth: _candidates(given, query, depth), ranker, k, given.distinct)


def _frequencies(given: WordSearch, words: Sequence[SearchWord], forms_only: bool = False) -> dict[str, int]:
    """The number of items that each word matches. With ``forms_only``, only the word and its other endings match."""
    _, *counts = _count(given, [_matching(word, forms_only) for word in words])
    return {word.text: number for word, number in zip(words, counts, strict=True)}


def _count(given: WordSearch, queries: Sequence[Filter]) -> list[int]:
    """The number of all items, and the number that match each query, in one request."""
    named = {str(number): query for number, query in enumerate(queries)}
    with translate_client_errors(given.connection.uri):
        answer = given.connection.client.search(
            index=given.connection.name,
            query=items_only(()),
            aggs={"found": {"filters": {"filters": named}}},
            size=0,
            track_total_hits=True,
        )
    buckets = answer["aggregations"]["found"]["buckets"]
    return [answer["hits"]["total"]["value"], *(buckets[name]["doc_count"] for name in named)]


def _matching(word: SearchWord, forms_only: bool = False) -> Filter:
    """A query for the items that a word matches. The best of its clauses counts."""
    [text] = indexed_words(word.text)
    ways: list[dict[str, Any]] = [
        {"term": {WORDS: {"value": text, "boost": SAME}}},
        {"term": {STEMS: {"value": stem_term(word.language, word.stem), "boost": SAME_STEM}}},
    ]
    if word.stem != word.text:
        ways.append({"term": {WORDS: {"value": word.stem, "boost": SAME_STEM}}})
    if word.is_prefix and not forms_only:
        ways.append({"prefix": {WORDS: {"value": text, "boost": PREFIX}}})
    if word.edits and not forms_only:
        fuzzy = {"fuzziness": word.edits, "prefix_length": 1, "max_expansions": MOST_EXPANSIONS, "boost": ONE_EDIT}
        ways.append({"fuzzy": {WORDS: {"value": text, **fuzzy}}})
    return {"dis_max": {"queries": ways}}


def _candidates(given: WordSearch, query: TextQuery, depth: int) -> list[Record]:
    wanted = {
        "should": [_matching(word) for word in query.words],
        "minimum_should_match": query.required,
        "must_not": [_matching(word, forms_only=True) for word in query.minus],
        "filter": [items_only(given.filters)],
    }
    with translate_client_errors(given.connection.uri):
        answer = given.connection.client.search(
            index=given.connection.name,
            query={"bool": wanted},
            sort=["_score", {"item_id": "asc"}],
            size=min(depth, MOST_HITS),
            source={"includes": LIGHT},
            search_type="dfs_query_then_fetch",
            track_total_hits=False,
        )
    return [record_of_document(hit["_source"], (), given.meta.layout) for hit in answer["hits"]["hits"]]
