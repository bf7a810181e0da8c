"""The store in memory. It computes answers from all items, so the tests compare other stores with it."""

from __future__ import annotations

import copy
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from sosie.errors import ManifestConflict
from sosie.filters import Where, known_type, matches, value_of
from sosie.filters.counting import count_values
from sosie.filters.order import Place, SortOrder, sort_records
from sosie.stores import checks
from sosie.stores.fulltext.asked import SAME_STEM, SearchWord, to_query
from sosie.stores.fulltext.languages import choose_language
from sosie.stores.fulltext.ranking import Ranker, best_hits, frequencies_of, texts_of
from sosie.stores.fulltext.words import words_of
from sosie.stores.voting import score_items
from sosie.support.visual_words import VisualWords, WordsQuery
from sosie.types import (
    JSON,
    VISUAL_WORDS,
    Attributes,
    CheckReport,
    Facet,
    Hit,
    Manifest,
    Record,
    Rejection,
    Vectors,
)


class ExactStore:
    """A ``Store`` in the memory of a process; thread-safe."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = copy.deepcopy(manifest)
        self._records: dict[str, Record] = {}
        self._tables: dict[str, tuple[list[Record], Vectors]] = {}
        self._feedback: list[str] = []
        self._lock = threading.RLock()

    @property
    def manifest(self) -> Manifest:
        """See ``Store``."""
        return self._manifest

    def replace_manifest(self, new: Manifest, expected: Manifest) -> None:
        """See ``Store``."""
        with self._lock:
            if self._manifest != expected:
                raise ManifestConflict("the manifest was changed meanwhile: read it again and repeat the change")
            self._manifest = copy.deepcopy(new)

    @property
    def items_at_once(self) -> int:
        """See ``Store``."""
        return 1

    def upsert(self, records: Sequence[Record]) -> list[Rejection]:
        """See ``Store``; no record is rejected."""
        with self._lock:
            checks.check_records(records, self._manifest)
            self._write({record.item_id: _own(record) for record in records})
        return []

    def update(self, attributes: Mapping[str, Attributes], expected: Mapping[str, Attributes] | None = None) -> int:
        """See ``Store``."""
        with self._lock:
            for item_id, values in attributes.items():
                checks.check_attributes(item_id, values)
            checks.check_unchanged((self._records[i] for i in self._existing(attributes)), expected or {})
            updated = {i: replace(self._records[i], attributes=dict(attributes[i])) for i in self._existing(attributes)}
            return self._write(updated)

    def delete(self, item_ids: Sequence[str]) -> int:
        """See ``Store``."""
        with self._lock:
            existing = self._existing(item_ids)
            for item_id in existing:
                del self._records[item_id]
            self._tables.clear()
            return len(existing)

    def put_vectors(self, name: str, item_ids: Sequence[str], matrix: Vectors) -> int:
        """See ``Store``."""
        with self._lock:
            checks.check_matrix(name, item_ids, matrix, self._manifest)
            rows = dict(zip(item_ids, matrix, strict=True))
            return self._write({i: _with_vector(self._records[i], name, rows[i]) for i in self._existing(item_ids)})

    def drop_vectors(self, name: str) -> None:
        """See ``Store``."""
        with self._lock:
            self._write({i: _without_vector(r, name) for i, r in self._records.items() if name in r.vectors})

    def get(self, item_ids: Sequence[str], fields: Sequence[str] = ()) -> list[Record]:
        """See ``Store``; vectors are read-only."""
        with self._lock:
            return [_load(self._records[item_id], fields) for item_id in self._existing(item_ids)]

    def scan(self, where: Where | None = None, after: str = "", fields: Sequence[str] = ()) -> Iterator[Record]:
        """See ``Store``; the records are as they were at the call."""
        with self._lock:
            records = sorted((r for r in self._passing(where) if r.item_id > after), key=_item_id)
        return (_load(record, fields) for record in records)

    def scan_sorted(
        self, order: SortOrder, where: Where | None = None, after: Place | None = None, fields: Sequence[str] = ()
    ) -> Iterator[Record]:
        """See ``Store``; the records are as they were at the call."""
        with self._lock:
            return (_load(record, fields) for record in sort_records(self._passing(where), order, after))

    def count(self, where: Where | None = None) -> int:
        """See ``Store``."""
        with self._lock:
            return len(self._passing(where))

    def facets(self, attributes: Sequence[str], where: Where | None = None, limit: int = 100) -> list[Facet]:
        """See ``Store``."""
        with self._lock:
            passing = self._passing(where)
            types = {name: known_type(name, self._manifest.attributes) for name in attributes}
            return [
                count_values(name, types[name], (value_of(record, name) for record in passing), limit)
                for name in attributes
            ]

    def search(
        self,
        vector_name: str,
        queries: Vectors,
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """See ``Store``; the cosines of all items with all queries are one matrix product."""
        with self._lock:
            checks.check_search(vector_name, queries, k, self._manifest)
            records, matrix = self._table(vector_name)
        if where:
            rows = [row for row, record in enumerate(records) if matches(where, record)]
            records, matrix = [records[row] for row in rows], matrix[rows]
        return [_best(records, scores, k, distinct) for scores in _cosines(queries, matrix)]

    def search_details(
        self,
        queries: Sequence[WordsQuery],
        k: int,
        where: Where | None = None,
        distinct: Literal["product_id"] | None = None,
    ) -> list[list[Hit]]:
        """See ``Store``; every item is scored for every query."""
        checks.check_words_search(queries, k)
        with self._lock:
            records = sorted((r for r in self._passing(where) if VISUAL_WORDS in r.blobs), key=_item_id)
        items = [VisualWords.from_bytes(record.blobs[VISUAL_WORDS]) for record in records]
        return [_voted(records, score_items(query, items), k, distinct) for query in queries]

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
        with self._lock:
            counts, passing = Counter(_words_by_item(self._records.values())), self._passing(where)
        language = choose_language(
            lambda words_of_language: sum(counts[word] for word in words_of_language), len(self._records)
        )
        query = to_query(words, minus, language, lambda word: _is_held(word, counts))
        if not query.words:
            return []
        ranker = Ranker(query, len(self._records), frequencies_of(query, counts))
        return [replace(hit, record=_load(hit.record)) for hit in best_hits(lambda _: passing, ranker, k, distinct)]

    def add_feedback(self, rows: Sequence[JSON]) -> None:
        """See ``Store``."""
        added = [json.dumps(row) for row in rows]
        with self._lock:
            self._feedback += added

    def feedback(self) -> list[JSON]:
        """See ``Store``."""
        with self._lock:
            return [json.loads(row) for row in self._feedback]

    def check(self, repair: bool = False) -> CheckReport:
        """See ``Store``; there is nothing to check, because records are checked when they are written."""
        return CheckReport(items=self.count())

    def optimize(self) -> None:
        """See ``Store``; computes the matrices for the next searches."""
        with self._lock:
            for name in self._manifest.vectors:
                self._table(name)

    def flush(self) -> None:
        """See ``Store``; there is nothing to do, because every write is visible at once."""

    def is_in_place(self) -> bool:
        """See ``Store``; True, because a store in memory cannot be replaced."""
        return True

    def close(self) -> None:
        """See ``Store``; there are no files to close."""

    def _existing(self, item_ids: Iterable[str]) -> list[str]:
        return [item_id for item_id in dict.fromkeys(item_ids) if item_id in self._records]

    def _write(self, records: Mapping[str, Record]) -> int:
        self._records.update(records)
        self._tables.clear()
        return len(records)

    def _passing(self, where: Where | None) -> list[Record]:
        return [record for record in self._records.values() if not where or matches(where, record)]

    def _table(self, name: str) -> tuple[list[Record], Vectors]:
        if name not in self._tables:
            records = sorted((r for r in self._records.values() if name in r.vectors), key=_item_id)
            empty = np.empty((0, checks.dimension(name, self._manifest)), np.float32)
            self._tables[name] = records, np.stack([r.vectors[name] for r in records]) if records else empty
        return self._tables[name]


def _item_id(record: Record) -> str:
    return record.item_id


def _own(record: Record) -> Record:
    return replace(
        record,
        attributes=dict(record.attributes),
        vectors={name: _frozen(vector) for name, vector in record.vectors.items()},
        blobs=dict(record.blobs),
        updated_at=record.updated_at or time.time(),
    )


def _frozen(vector: Vectors) -> Vectors:
    own = vector.copy()
    own.flags.writeable = False
    return own


def _with_vector(record: Record, name: str, vector: Vectors) -> Record:
    return replace(record, vectors={**record.vectors, name: _frozen(vector)})


def _without_vector(record: Record, name: str) -> Record:
    return replace(record, vectors={other: vector for other, vector in record.vectors.items() if other != name})


def _load(record: Record, fields: Sequence[str] = ()) -> Record:
    return replace(
        record,
        attributes=dict(record.attributes),
        vectors={name: record.vectors[name] for name in fields if name in record.vectors},
        blobs={name: record.blobs[name] for name in fields if name in record.blobs},
    )


def _cosines(queries: Vectors, matrix: Vectors) -> Vectors:
    """Cosines, shape (queries, rows), without BLAS, which may give equal rows unequal cosines."""
    scores: Vectors = np.einsum("qd,nd->qn", queries, matrix)
    return np.clip(scores, -1, 1)


def _best(records: Sequence[Record], scores: npt.NDArray[np.floating], k: int, distinct: str | None) -> list[Hit]:
    """The k best records. They are given in order of item_id, and a stable sort keeps this order for equal scores."""
    seen: set[str] = set()
    hits: list[Hit] = []
    for row in np.argsort(-scores, kind="stable"):
        record = records[row]
        if distinct and record.product_id in seen:
            continue
        seen.add(record.product_id)
        hits.append(Hit(record.item_id, float(scores[row]), _load(record)))
        if len(hits) == k:
            break
    return hits


def _voted(records: Sequence[Record], scores: npt.NDArray[np.float64], k: int, distinct: str | None) -> list[Hit]:
    """The k best of the records that have votes."""
    voted = np.flatnonzero(scores)
    return _best([records[row] for row in voted.tolist()], scores[voted], k, distinct)


def _words_by_item(records: Iterable[Record]) -> Iterator[str]:
    """For each item, each of its words once."""
    for record in records:
        yield from {word for text in texts_of(record) for word in words_of(text)}


def _is_held(search_word: SearchWord, counts: Mapping[str, int]) -> bool:
    return any(search_word.quality(word) >= SAME_STEM for word in counts)
