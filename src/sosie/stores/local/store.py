"""``LocalStore``, the ``Store`` of a folder: each call is one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sosie.filters import Where
from sosie.filters.order import Place, SortOrder
from sosie.stores import checks
from sosie.stores.local.search import counting
from sosie.stores.local.search.searcher import LocalSearcher
from sosie.stores.local.settings import LocalSettings
from sosie.stores.local.snapshots.maintenance import update_snapshots
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.truth import meta, reading, wording, writing
from sosie.stores.local.truth.database import Database
from sosie.stores.local.truth.sorting import sorted_page
from sosie.support.visual_words import WordsQuery
from sosie.types import JSON, Attributes, CheckReport, Facet, Hit, Manifest, Record, Rejection, Vectors


class LocalStore:
    """A ``Store`` in a folder. Threads can share it, and any number of processes can open the folder at once.

    One process writes at a time. ``StoreLocked`` if another writer does not finish in time, ``StoreUnavailable`` if the
    folder cannot be written, ``StoreDamaged`` if the store is unreadable.
    """

    def __init__(self, database: Database, settings: LocalSettings) -> None:
        self._database = database
        self._settings = settings
        self._snapshots = Snapshots(database)
        self._searcher = LocalSearcher(database, self._snapshots, settings)

    @property
    def manifest(self) -> Manifest:
        """See ``Store``."""
        with self._database.read() as connection:
            return meta.manifest_of(connection)

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """See ``Store``."""
        with self._database.write() as connection:
            meta.replace_manifest(connection, new, expected)

    @property
    def items_at_once(self) -> int:
        """See ``Store``."""
        return 1

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """See ``Store``; no record is rejected."""
        with self._database.write() as connection:
            checks.check_records(records, meta.manifest_of(connection))
            writing.upsert(connection, records)
        return []

    def update(self, attributes: Mapping[str, Attributes], expected: Mapping[str, Attributes] | None = None) -> int:
        """See ``Store``."""
        for item_id, values in attributes.items():
            checks.check_attributes(item_id, values)
        with self._database.write() as connection:
            if expected:
                checks.check_unchanged(reading.get(connection, list(expected), ()), expected)
            return writing.update(connection, attributes)

    def delete(self, item_ids: Sequence[str]) -> int:
        """See ``Store``."""
        with self._database.write() as connection:
            return writing.delete(connection, item_ids)

    def put_vectors(self, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
        """See ``Store``."""
        with self._database.write() as connection:
            checks.check_matrix(name, item_ids, matrix, meta.manifest_of(connection))
            return writing.put_vectors(connection, name, item_ids, matrix)

    def drop_vectors(self, name: str) -> None:
        """See ``Store``; the next ``optimize`` removes the segments of this name."""
        with self._database.write() as connection:
            writing.drop_vectors(connection, name)

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """See ``Store``."""
        with self._database.read() as connection:
            return reading.get(connection, item_ids, fields)

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """See ``Store``. Reads page by page, so writers are not blocked.

        A page has the items as they were when this page was read.
        """
        while True:
            with self._database.read() as connection:
                page = reading.page(connection, where, after, fields)
            yield from page.records
            if page.after is None:
                return
            after = page.after

    def scan_sorted(
        self, order: SortOrder, where: Where | None = None, after: Place | None = None, fields: Sequence[str] = ()
    ) -> Iterator[Record]:
        """See ``Store``. Reads page by page; a page has the items as they were when this page was read."""
        while True:
            with self._database.read() as connection:
                page = sorted_page(connection, order, where, after, fields)
            yield from page.records
            if page.after is None:
                return
            after = page.after

    def count(self, where: Where | None = None) -> int:
        """See ``Store``."""
        with self._database.read() as connection:
            return counting.count(connection, self._searcher.attributes.at(connection), where)

    def facets(self, attributes: Sequence[str], where: Where | None = None, limit: int = 100) -> list[Facet]:
        """See ``Store``."""
        with self._database.read() as connection:
            index = self._searcher.attributes.at(connection)
            return counting.count_facets(connection, index, attributes, where, limit)

    def search(
        self,
        vector_name: str,
        queries: Vectors,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """See ``Store``; cosines are those of the stored vectors, in half precision."""
        return self._searcher.search(vector_name, queries, k, where, distinct is not None)

    def search_details(
        self,
        queries: Sequence[WordsQuery],
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """See ``Store``."""
        return self._searcher.search_details(queries, k, where, distinct is not None)

    def search_text(
        self,
        words: str,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
        minus: str = "",
    ) -> list[Hit]:
        """See ``Store``."""
        checks.check_positive_k(k)
        with self._database.read() as connection:
            return wording.search_text(connection, words, k, where, distinct, minus)

    def add_feedback(self, rows: Sequence[JSON]) -> None:
        """See ``Store``."""
        texts = [json.dumps(row) for row in rows]
        with self._database.write() as connection:
            writing.add_feedback(connection, texts)

    def feedback(self) -> list[JSON]:
        """See ``Store``."""
        with self._database.read() as connection:
            return reading.load_feedback(connection)

    def check(self, repair: bool = False) -> CheckReport:
        """See ``Store``."""
        from sosie.stores.local.check import checker

        return checker.check(self._database, self._snapshots, repair)

    def optimize(self) -> None:
        """See ``Store``. Builds the segments that are needed, and removes unused ones.

        Returns at once if there is nothing to do, or while another process builds segments.
        """
        update_snapshots(self._database, self._snapshots, self._settings)

    def flush(self) -> None:
        """See ``Store``; there is nothing to do, because every write is committed at once."""

    def is_in_place(self) -> bool:
        """See ``Store``."""
        return self._database.is_in_place()

    def close(self) -> None:
        """See ``Store``."""
        self._snapshots.close()
        self._database.close()
