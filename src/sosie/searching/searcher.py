"""Answers from a store, by what one state of its manifest means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sosie.calibration.features import NEIGHBOURS, Numbers
from sosie.errors import ManifestConflict
from sosie.filters import Where
from sosie.knowledge.calibrations import name_of
from sosie.knowledge.details import VECTOR
from sosie.knowledge.knowledge import Knowledge, knowledge_of
from sosie.searching.answer import Answer
from sosie.searching.by_code import products_with_codes
from sosie.searching.evidence import Considered, Verified
from sosie.searching.judging import judge
from sosie.searching.query import Query
from sosie.stores.base import Store
from sosie.types import Hit, Vectors

if TYPE_CHECKING:
    from sosie.adaptation.projection import Projection
    from sosie.searching.remembering import PhotoMemory
    from sosie.searching.verifying import Verifier


class Searcher:
    """Searches by looks, and says how sure it is. ``memory`` spares comparing labeled photos again."""

    def __init__(self, store: Store, knowledge: Knowledge, memory: PhotoMemory | None = None) -> None:
        self._store = store
        self._knowledge = knowledge
        self._generations = knowledge.generations
        self._telling = _telling(self._generations.projection)
        self._calibration = knowledge.calibration
        self._verifier = _verifier_of(store, knowledge, memory)

    @property
    def calibration(self) -> str | None:
        """Whose calibration gives the probabilities, None where there is none."""
        return None if self._calibration is None else name_of(self._calibration)

    def answer(self, queries: Sequence[Query], k: int, where: Where | None = None) -> list[Answer]:
        """The k best products for each query, or more where that many were needed to judge them."""
        return [judge(considered, self._calibration) for considered in self.consider(queries, k, where)]

    def consider(self, queries: Sequence[Query], k: int, where: Where | None = None) -> list[Considered]:
        """What is known of the k best products for each query, and of at least as many as a calibration looks at."""
        if not queries:
            return []
        asked = self._generations.asked(np.stack([query.vector for query in queries]))
        by_looks = self._store.search(self._generations.active, asked, max(k, NEIGHBOURS), where, distinct="product_id")
        by_details, rivals = self._by_details(queries, where), self._rivals(asked, where)
        rows = zip(queries, asked, by_looks, by_details, rivals, strict=True)
        return [self._considered(*found, where) for found in rows]

    @property
    def compares_details(self) -> bool:
        """Whether the store keeps details that can be compared."""
        return self._verifier is not None

    def compared(self, query: Query, most: int) -> Mapping[str, Verified]:
        """What the details of ``most`` items tell, those most like the query and those with most of its details."""
        if self._verifier is None or not query.shots:
            return {}
        asked = self._generations.asked(query.vector[np.newaxis])
        [looks] = self._store.search(self._generations.active, asked, most, distinct="product_id")
        [details] = self._verifier.find([query], None)
        return self._verifier.verify(query, looks, details, most)

    def _by_details(self, queries: Sequence[Query], where: Where | None) -> list[list[Hit]]:
        if self._verifier is None or not any(query.shots for query in queries):
            return [[] for _ in queries]
        return self._verifier.find(queries, where)

    def _rivals(self, asked: Vectors, where: Where | None) -> list[list[Hit]]:
        """What would have come without the ``where``, if there is one and somebody asks how sure the answer is."""
        if not where or self._calibration is None:
            return [[] for _ in asked]
        return self._store.search(self._generations.active, asked, NEIGHBOURS, distinct="product_id")

    def _considered(
        self,
        query: Query,
        asked: Vectors,
        looks: list[Hit],
        details: list[Hit],
        rivals: list[Hit],
        where: Where | None,
    ) -> Considered:
        coded = products_with_codes(self._store, self._knowledge, query, where)
        others = _others(looks, [*details, *(one.hit for one in coded.values())])
        outside = _others([*looks, *others], rivals)
        stored = self._vectors([*looks, *others, *outside] if self._telling else others)
        every = [*looks, *outside, *_compared(asked, others, stored)]
        hits = tuple(sorted(every, key=lambda hit: -(hit.score or 0.0)))
        left_out = frozenset(hit.record.product_id for hit in outside)
        codes = {product: one.code for product, one in coded.items()}
        learned = self._learned(query, hits, stored)
        if self._verifier is None or not query.shots:
            return Considered(hits, learned, (), codes, left_out)
        found = self._verifier.verify(query, [*looks, *outside], details)
        verified = tuple(found.get(hit.record.product_id) for hit in hits)
        return Considered(hits, learned, verified, codes, left_out)

    def _learned(self, query: Query, hits: Sequence[Hit], stored: Mapping[str, Vectors]) -> dict[str, Numbers]:
        if self._telling is None or not hits:
            return {}
        blank = np.zeros(self._telling.dim, np.float32)
        gallery = np.stack([stored.get(hit.item_id, blank) for hit in hits])
        products = np.array([hit.record.product_id for hit in hits])
        told = self._telling.evidence(query.vector[np.newaxis], gallery, products)
        return {name: values[0].astype(np.float64) for name, values in told.items()}

    def _vectors(self, hits: Sequence[Hit]) -> dict[str, Vectors]:
        """The stored vectors of the active generation by item_id, of those that have one."""
        if not hits:
            return {}
        name = self._generations.active
        found = self._store.get([hit.item_id for hit in hits], (name,))
        return {record.item_id: record.vectors[name] for record in found if name in record.vectors}


def _telling(projection: Projection | None) -> Projection | None:
    """The projection, if it tells more of candidates than their cosines."""
    return projection if projection is not None and projection.share > 0.0 else None


def _others(looks: Sequence[Hit], found: Sequence[Hit]) -> list[Hit]:
    """What was found in another way than by looks, one hit for each product that looks did not find."""
    known = {hit.record.product_id for hit in looks}
    others = {hit.record.product_id: hit for hit in found if hit.record.product_id not in known}
    return list(others.values())


def _compared(asked: Vectors, hits: Sequence[Hit], stored: Mapping[str, Vectors]) -> list[Hit]:
    """The hits with the cosine of the embedding; those without a stored vector are left out."""
    return [
        replace(hit, score=float(np.clip(stored[hit.item_id] @ asked, -1, 1))) for hit in hits if hit.item_id in stored
    ]


def _verifier_of(store: Store, knowledge: Knowledge, memory: PhotoMemory | None) -> Verifier | None:
    if not knowledge.keeps_details:
        return None
    from sosie.searching.verifying import Verifier

    return Verifier(store, VECTOR in knowledge.manifest.vectors, memory)


def answer_queries(
    store: Store, knowledge: Knowledge, queries: Sequence[Query], k: int, where: Where | None = None
) -> list[Answer]:
    """The answers by what the store knows; once more where another process drops its generation in the same moment."""
    try:
        return Searcher(store, knowledge).answer(queries, k, where)
    except ValueError:
        now = store.manifest
        if now.active == knowledge.manifest.active:
            raise
        if now.embedder != knowledge.manifest.embedder:
            raise ManifestConflict(
                f"the catalog has been migrated to {now.embedder.name} during this run, and the vectors of "
                f"{knowledge.manifest.embedder.name} were dropped: run it again"
            ) from None
        return answer_queries(store, knowledge_of(now), queries, k, where)
