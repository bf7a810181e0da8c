"""Search by words."""

from __future__ import annotations

from collections.abc import Sequence

from sosie.stores.elasticsearch.conditions import Filter, items_only
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.documents import LIGHT, record_of_document
from sosie.stores.elasticsearch.faults import translate_client_errors
from sosie.stores.elasticsearch.meta import Meta
from sosie.stores.elasticsearch.terms import indexed_words
from sosie.types import Hit

MOST_HITS = 10_000


def search_text(connection: Connection, now: Meta, asked: str, k: int, filters: Sequence[Filter]) -> list[Hit]:
    """See ``Store.search_text``: ranked by BM25 over all shards; at most 10,000 hits come back."""
    wanted = [{"term": {"words": word}} for word in dict.fromkeys(indexed_words(asked))]
    if not wanted:
        return []
    with translate_client_errors(connection.uri):
        answer = connection.client.search(
            index=connection.name,
            query={"bool": {"must": wanted, "filter": [items_only(filters)]}},
            sort=["_score", {"item_id": "asc"}],
            size=min(k, MOST_HITS),
            source={"includes": LIGHT},
            search_type="dfs_query_then_fetch",
            track_total_hits=False,
        )
    records = [record_of_document(hit["_source"], (), now.layout) for hit in answer["hits"]["hits"]]
    return [Hit(record.item_id, None, record) for record in records]
