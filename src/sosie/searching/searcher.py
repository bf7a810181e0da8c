"""Answers queries from a store: gets candidates by embedding, by details and by codes, and collects their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sosie.calibration.features import NEIGHBORS, Numbers
from sosie.errors import ManifestConflict
from sosie.filters import Where
from sosie.knowledge.calibrations import name_of
from sosie.knowledge.details import VECTOR
from sosie.knowledge.knowledge import Knowledge, knowledge_of
from sosie.searching.ahead import HitsByFilter, VerifiedItems
from sosie.searching.answer import Answer
from sosie.searching.by_code import products_with_codes
from sosie.searching.evidence import Considered, Verified
from sosie.searching.judging import judge
from sosie.searching.query import Query, Shot
from sosie.stores.base import Store
from sosie.types import Hit, Vectors

if TYPE_CHECKING:
    from sosie.adaptation.projection import Projection
    from sosie.searching.remembering import PhotoMemory
    from sosie.searching.verifying import Verifier


ENOUGH_INLIERS = 10
"""With fewer agreeing pairs, more details are extracted. Of such photos, every fifth then found its product."""

Retrieved: TypeAlias = tuple[Query, Vectors, list[Hit], list[Hit], tuple[list[Hit], list[Hit]]]
"""A query, its vector in the active generation, products by embedding, products by details, and both without
``where``."""


class Searcher:
    """Answers queries with the manifest of ``knowledge``, even if the manifest of the store changes meanwhile.

    ``memory`` caches comparisons of labeled photos. With a ``memory``, no second set of details is extracted, because
    the cache has no room for it.
    """

    def __init__(self, store: Store, knowledge: Knowledge, memory: PhotoMemory | None = None) -> None:
        self._store = store
        self._knowledge = knowledge
        self._generations = knowledge.generations
        self._evidence_projection = _evidence_projection(self._generations.projection)
        self._calibration = knowledge.calibration
        self._verifier = _verifier_of(store, knowledge, memory)
        self._looks_closer = self._verifier is not None and memory is None

    @property
    def calibration(self) -> str | None:
        """The name of the calibration in use; None if there is none."""
        return None if self._calibration is None else name_of(self._calibration)

    def answer(self, queries: Sequence[Query], k: int, where: Where | None = None) -> list[Answer]:
        """The k best products for each query, and more if these were needed for the probabilities."""
        return [judge(considered, self._calibration) for considered in self.consider(queries, k, where)]

    def consider(self, queries: Sequence[Query], k: int, where: Where | None = None) -> list[Considered]:
        """The evidence for the k best products of each query; for at least as many as a calibration uses."""
        if not queries:
            return []
        query_vectors = self._generations.query_vectors(np.stack([query.vector for query in queries]))
        by_looks = self._store.search(
            self._generations.active, query_vectors, max(k, NEIGHBORS), where, distinct="product_id"
        )
        by_details = self._by_details(queries, where)
        unfiltered = zip(
            self._unfiltered(query_vectors, where), self._unfiltered_by_details(queries, where), strict=True
        )
        rows = zip(queries, query_vectors, by_looks, by_details, unfiltered, strict=True)
        return [self._considered_closely(row, where) for row in rows]

    @property
    def compares_details(self) -> bool:
        """True if the store has details that can be compared."""
        return self._verifier is not None

    def compared(self, query: Query, most: int) -> Mapping[str, Verified]:
        """Compares details with ``most`` items: the nearest by embedding, and those that share most visual words."""
        if self._verifier is None or not query.shots:
            return {}
        query_vectors = self._generations.query_vectors(query.vector[np.newaxis])
        [looks] = self._store.search(self._generations.active, query_vectors, most, distinct="product_id")
        [details] = self._verifier.find([query], None)
        return self._verifier.verify(query, looks, details, most)

    def find_ahead(self, shots: tuple[Shot, ...], where: Where | None) -> HitsByFilter:
        """The candidates by details that ``consider`` will need. They need no embedding."""
        filters = [where, None] if self._competes_outside(where) else [where]
        return {} if self._verifier is None else self._verifier.find_ahead(shots, filters)

    def verify_ahead(self, shots: tuple[Shot, ...], hits: HitsByFilter) -> VerifiedItems:
        """Verifies the first candidates of ``find_ahead``."""
        return VerifiedItems.nothing(shots) if self._verifier is None else self._verifier.verify_ahead(shots, hits)

    def _by_details(self, queries: Sequence[Query], where: Where | None) -> list[list[Hit]]:
        if self._verifier is None or not any(query.shots for query in queries):
            return [[] for _ in queries]
        return self._verifier.find(queries, where)

    def _competes_outside(self, where: Where | None) -> bool:
        """True if products that ``where`` excludes lower the probabilities of others."""
        return bool(where) and self._calibration is not None

    def _unfiltered(self, query_vectors: Vectors, where: Where | None) -> list[list[Hit]]:
        """The products by embedding, with ``where`` ignored. Empty if there is no ``where`` or no calibration."""
        if not self._competes_outside(where):
            return [[] for _ in query_vectors]
        return self._store.search(self._generations.active, query_vectors, NEIGHBORS, distinct="product_id")

    def _unfiltered_by_details(self, queries: Sequence[Query], where: Where | None) -> list[list[Hit]]:
        """The products by details, with ``where`` ignored. Empty if there is no ``where`` or no calibration."""
        if not self._competes_outside(where):
            return [[] for _ in queries]
        return [hits[:NEIGHBORS] for hits in self._by_details(queries, None)]

    def _considered_closely(self, retrieved: Retrieved, where: Where | None) -> Considered:
        """The evidence for a query. If few details agree, more are extracted, and the better evidence counts."""
        first = self._considered(*retrieved, where)
        if not self._looks_closer or first.codes or first.most_inliers >= ENOUGH_INLIERS:
            return first
        query, query_vector, looks, _, (unfiltered, _) = retrieved
        closer = query.closer
        if closer is None:
            return first
        [details] = self._by_details([closer], where)
        [unfiltered_by_details] = self._unfiltered_by_details([closer], where)
        second = self._considered(closer, query_vector, looks, details, (unfiltered, unfiltered_by_details), where)
        return second if second.most_inliers > first.most_inliers else first

    def _considered(
        self,
        query: Query,
        query_vector: Vectors,
        looks: list[Hit],
        details: list[Hit],
        unfiltered: tuple[list[Hit], list[Hit]],
        where: Where | None,
    ) -> Considered:
        coded = products_with_codes(self._store, self._knowledge, query, where)
        more = _not_in(looks, [*details, *(item.hit for item in coded.values())])
        outside = _not_in([*looks, *more], unfiltered[0])
        outside_by_details = _not_in([*looks, *more, *outside], unfiltered[1])
        unscored = [*more, *outside_by_details]
        stored = self._vectors([*looks, *outside, *unscored] if self._evidence_projection else unscored)
        scored = [*looks, *outside, *_with_cosines(query_vector, unscored, stored)]
        hits = tuple(sorted(scored, key=lambda hit: -(hit.score or 0.0)))
        filtered_out = frozenset(hit.record.product_id for hit in [*outside, *outside_by_details])
        codes = {product: item.code for product, item in coded.items()}
        learned = self._learned(query, hits, stored)
        if self._verifier is None or not query.shots:
            return Considered(hits, learned, (), codes, filtered_out)
        verified_items = self._verifier.verify(query, [*looks, *outside], _by_score([*details, *outside_by_details]))
        verified = tuple(verified_items.get(hit.record.product_id) for hit in hits)
        return Considered(hits, learned, verified, codes, filtered_out)

    def _learned(self, query: Query, hits: Sequence[Hit], stored: Mapping[str, Vectors]) -> dict[str, Numbers]:
        if self._evidence_projection is None or not hits:
            return {}
        blank = np.zeros(self._evidence_projection.dim, np.float32)
        gallery = np.stack([stored.get(hit.item_id, blank) for hit in hits])
        products = np.array([hit.record.product_id for hit in hits])
        evidence = self._evidence_projection.evidence(query.vector[np.newaxis], gallery, products)
        return {name: values[0].astype(np.float64) for name, values in evidence.items()}

    def _vectors(self, hits: Sequence[Hit]) -> dict[str, Vectors]:
        """The stored vectors of the active generation, by item_id. Items without a vector are left out."""
        if not hits:
            return {}
        name = self._generations.active
        records = self._store.get([hit.item_id for hit in hits], (name,))
        return {record.item_id: record.vectors[name] for record in records if name in record.vectors}


def _evidence_projection(projection: Projection | None) -> Projection | None:
    """The projection if it gives features besides cosines, else None."""
    return projection if projection is not None and projection.share > 0.0 else None


def _not_in(looks: Sequence[Hit], hits: Sequence[Hit]) -> list[Hit]:
    """One hit for each product of ``hits`` that is not among the products of ``looks``."""
    products = {hit.record.product_id for hit in looks}
    missing = {hit.record.product_id: hit for hit in hits if hit.record.product_id not in products}
    return list(missing.values())


def _by_score(hits: Sequence[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: -(hit.score or 0.0))


def _with_cosines(query_vector: Vectors, hits: Sequence[Hit], stored: Mapping[str, Vectors]) -> list[Hit]:
    """The hits with their cosine to the query; hits without a stored vector are left out."""
    return [
        replace(hit, score=float(np.clip(stored[hit.item_id] @ query_vector, -1, 1)))
        for hit in hits
        if hit.item_id in stored
    ]


def _verifier_of(store: Store, knowledge: Knowledge, memory: PhotoMemory | None) -> Verifier | None:
    if not knowledge.keeps_details:
        return None
    from sosie.searching.verifying import Verifier

    return Verifier(store, VECTOR in knowledge.manifest.vectors, memory)


def answer_queries(
    store: Store, knowledge: Knowledge, queries: Sequence[Query], k: int, where: Where | None = None
) -> list[Answer]:
    """Answers queries from a store. If another process drops the generation meanwhile, the search is repeated."""
    try:
        return Searcher(store, knowledge).answer(queries, k, where)
    except ValueError:
        manifest = store.manifest
        if manifest.active == knowledge.manifest.active:
            raise
        if manifest.embedder != knowledge.manifest.embedder:
            raise ManifestConflict(
                f"the catalog has been migrated to {manifest.embedder.name} during this run, and the vectors of "
                f"{knowledge.manifest.embedder.name} were dropped: run it again"
            ) from None
        again = [replace(query, ahead=None) for query in queries]
        return answer_queries(store, knowledge_of(manifest), again, k, where)
