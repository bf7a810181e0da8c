"""The store on an Elasticsearch cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Literal, TypeVar

from sosie.errors import StoreError, StoreUnavailable
from sosie.filters import Where, leaves_of
from sosie.filters.order import Place, SortOrder
from sosie.stores import checks
from sosie.stores.elasticsearch import by_words, checking, facets, feedback, meta, reading, searching, wording, writing
from sosie.stores.elasticsearch.conditions import to_filters
from sosie.stores.elasticsearch.connection import Connection
from sosie.stores.elasticsearch.meta import Meta, Outdated
from sosie.support.visual_words import WordsQuery
from sosie.types import JSON, RECORD_FIELDS, Attributes, CheckReport, Facet, Hit, Manifest, Record, Rejection, Vectors

OUTDATED_PAUSES = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds to wait for a refresh after which searches see the current manifest."""

Answer = TypeVar("Answer")


class ElasticsearchStore:
    """A ``Store`` on a cluster. Threads can share it, and any number of processes can write at the same time.

    A write is durable on return. ``get`` and ``manifest`` see it at once. Scans, counts, facets and searches see it
    after ``flush`` or ``close``, or within a second.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._meta = meta.read_meta(connection)
        self._written = False
        self._closed = False

    @property
    def manifest(self) -> Manifest:
        """See ``Store``."""
        return self._read_meta().manifest

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """See ``Store``."""
        self._meta = meta.replace_manifest(self._connection, new, expected)

    @property
    def items_at_once(self) -> int:
        """See ``Store``."""
        return self._connection.settings.bulk_items * self._connection.settings.bulk_threads

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """See ``Store``; the cluster may refuse single records."""
        self._written = True
        return writing.upsert(self._connection, self._read_meta(), records)

    def update(self, attributes: Mapping[str, Attributes], expected: Mapping[str, Attributes] | None = None) -> int:
        """See ``Store``; on a conflict, items without a conflict are changed."""
        self._written = True
        if not expected:
            return writing.update(self._connection, self._read_meta(), attributes)
        return self._up_to_date(lambda: writing.exchange(self._connection, self._meta, attributes, expected))

    def delete(self, item_ids: Sequence[str]) -> int:
        """See ``Store``."""
        self._written = True
        return writing.delete(self._connection, item_ids)

    def put_vectors(self, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
        """See ``Store``."""
        self._written = True
        return writing.put_vectors(self._connection, self._read_meta(), name, item_ids, matrix)

    def drop_vectors(self, name: str) -> None:
        """See ``Store``."""
        writing.drop_vectors(self._connection, name)

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """See ``Store``."""
        if not item_ids:
            return []
        return self._up_to_date(lambda: reading.get(self._connection, self._meta, item_ids, fields))

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """See ``Store``."""
        return reading.scan(self._connection, self._read_meta(), where, after, fields)

    def scan_sorted(
        self, order: SortOrder, where: Where | None = None, after: Place | None = None, fields: Sequence[str] = ()
    ) -> Iterator[Record]:
        """See ``Store``; all records are as they were when the first was read."""
        return reading.scan_sorted(self._connection, self._read_meta(), order, where, after, fields)

    def count(self, where: Where | None = None) -> int:
        """See ``Store``."""
        return reading.count(self._connection, to_filters(where, self._read_meta()))

    def facets(self, attributes: Sequence[str], where: Where | None = None, limit: int = 100) -> list[Facet]:
        """See ``Store``."""
        names = {*attributes, *(condition.attribute for condition in leaves_of(where or Where()))}
        now = self._meta if names <= set(RECORD_FIELDS) else self._read_meta()
        return facets.facets(self._connection, now, attributes, where, limit)

    def search(
        self,
        vector_name: str,
        queries: Vectors,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """See ``Store``; of several items with the same score at the end, any may be returned."""
        if vector_name not in self._meta.manifest.vectors:
            self._read_meta()
        return self._up_to_date(lambda: self._search(self._meta, vector_name, queries, k, where, distinct is not None))

    def search_details(
        self,
        queries: Sequence[WordsQuery],
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """See ``Store``; only the items that share most words with the photo are scored."""
        checks.check_words_search(queries, k)
        if not self._meta.layout.visual_words:
            self._read_meta()
        return self._up_to_date(lambda: self._search_details(self._meta, queries, k, where, distinct is not None))

    def search_text(
        self,
        words: str,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
        minus: str = "",
    ) -> list[Hit]:
        """See ``Store``; Elasticsearch finds the candidates, with its own fuzziness."""
        checks.check_positive_k(k)
        now = self._read_meta()
        given = wording.WordSearch(self._connection, now, to_filters(where, now), distinct)
        return wording.search_text(given, words, minus, k)

    def add_feedback(self, rows: Sequence[JSON]) -> None:
        """See ``Store``."""
        feedback.add_feedback(self._connection, rows)

    def feedback(self) -> list[JSON]:
        """See ``Store``."""
        return feedback.feedback_rows(self._connection)

    def check(self, repair: bool = False) -> CheckReport:
        """See ``Store``; leftovers of an unfinished ``--swap`` are reported, and removed with ``repair``."""
        return checking.check(self._connection, repair)

    def optimize(self) -> None:
        """See ``Store``; only refreshes, because Elasticsearch merges its segments itself."""
        self.flush()

    def flush(self) -> None:
        """See ``Store``."""
        writing.refresh(self._connection)
        self._written = False

    def is_in_place(self) -> bool:
        """See ``Store``; True, because each request reaches the index that is now behind the alias."""
        return True

    def close(self) -> None:
        """See ``Store``; makes all writes visible first."""
        if self._closed:
            return
        self._closed = True
        if self._written:
            with suppress(StoreError):
                self.flush()
        self._connection.client.close()

    def _search(
        self, now: Meta, name: str, queries: Vectors, k: int, where: Where | None, distinct: bool
    ) -> list[list[Hit]]:
        checks.check_search(name, queries, k, now.manifest)
        filters = to_filters(where, now)
        given = searching.Search(self._connection, now, now.layout.vectors[name], name, k, filters, distinct)
        return searching.search(given, queries)

    def _search_details(
        self, now: Meta, queries: Sequence[WordsQuery], k: int, where: Where | None, distinct: bool
    ) -> list[list[Hit]]:
        given = by_words.SearchByWords(self._connection, now, k, to_filters(where, now), distinct)
        return [by_words.search_by_words(given, query) for query in queries]

    def _up_to_date(self, request: Callable[[], Answer]) -> Answer:
        """Sends a request, and repeats it if the manifest has changed."""
        for pause in OUTDATED_PAUSES:
            try:
                return request()
            except Outdated:
                time.sleep(pause)
                self._read_meta()
        raise StoreUnavailable(f"the manifest of {self._connection.uri} keeps changing: try again later")

    def _read_meta(self) -> Meta:
        self._meta = meta.read_again(self._connection, self._meta)
        return self._meta
