"""Answers from a store, as its manifest stands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sosie.calibration.evidence import NEIGHBOURS
from sosie.filters import Where
from sosie.generations import generations_of
from sosie.searching.answer import Answer, Candidate
from sosie.searching.calibrations import OWN, PROVISIONAL, calibration_of
from sosie.searching.considering import Considered
from sosie.searching.query import Query
from sosie.stores.base import Store
from sosie.types import Hit, Manifest, Vectors


class Searcher:
    """Searches by looks, and says how sure it is."""

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self._store = store
        self._manifest = manifest
        self._generations = generations_of(manifest)
        self._calibration = calibration_of(manifest)

    @property
    def calibration(self) -> str | None:
        """Whose calibration gives the probabilities, None where there is none."""
        if self._calibration is None:
            return None
        return PROVISIONAL if self._calibration.provisional else OWN

    def answer(self, queries: Sequence[Query], k: int, where: Where | None = None) -> list[Answer]:
        """The k best products for each query, or more where that many were needed to judge them."""
        return [self._judged(considered) for considered in self.consider(queries, k, where)]

    def consider(self, queries: Sequence[Query], k: int, where: Where | None = None) -> list[Considered]:
        """What is known of the k best products for each query, and of at least as many as a calibration looks at."""
        if not queries:
            return []
        own = np.stack([query.vector for query in queries])
        asked, depth = self._generations.asked(own), max(k, NEIGHBOURS)
        found = self._store.search(self._generations.active, asked, depth, where, distinct="product_id")
        return [self._considered(vector, tuple(hits)) for vector, hits in zip(own, found, strict=True)]

    def _considered(self, own: Vectors, hits: tuple[Hit, ...]) -> Considered:
        projection, name = self._generations.projection, self._generations.active
        if projection is None or not projection.share or not hits:
            return Considered(hits)
        stored = {one.item_id: one.vectors[name] for one in self._store.get([h.item_id for h in hits], (name,))}
        blank = np.zeros(projection.dim, np.float32)
        gallery = np.stack([stored.get(hit.item_id, blank) for hit in hits])
        products = np.array([hit.record.product_id for hit in hits], np.str_)
        told = projection.evidence(own[np.newaxis], gallery, products)
        return Considered(hits, {name: values[0].astype(np.float64) for name, values in told.items()})

    def _judged(self, considered: Considered) -> Answer:
        if self._calibration is None:
            return Answer(tuple(map(Candidate, considered.hits)))
        scores, told = considered.scores, considered.told
        probabilities = self._calibration.same_product(scores, told)
        candidates = list(map(Candidate, considered.hits, probabilities))
        if told:
            candidates[:NEIGHBOURS] = sorted(candidates[:NEIGHBOURS], key=lambda one: -(one.probability or 0.0))
        first = candidates[0].probability if candidates else None
        verdict = self._calibration.verdict(first, self._calibration.in_catalogue(scores, told))
        return Answer(tuple(candidates), verdict, self.calibration)


def answer_now(store: Store, query: Query, k: int, where: Where | None = None) -> Answer:
    """The answer as the manifest stands; once more where another process drops its generation in the same moment."""
    manifest = store.manifest
    try:
        [answer] = Searcher(store, manifest).answer([query], k, where)
    except ValueError:
        if store.manifest.active == manifest.active:
            raise
        return answer_now(store, query, k, where)
    return answer
