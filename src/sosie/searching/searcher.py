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
        asked = self._generations.asked(np.stack([query.vector for query in queries]))
        depth = max(k, NEIGHBOURS)
        found = self._store.search(self._generations.active, asked, depth, where, distinct="product_id")
        return [self._considered(vector, tuple(hits)) for vector, hits in zip(asked, found, strict=True)]

    def _considered(self, asked: Vectors, hits: tuple[Hit, ...]) -> Considered:
        projection, name = self._generations.projection, self._generations.active
        if projection is None or not projection.share or not hits:
            return Considered(hits)
        stored = {one.item_id: one.vectors[name] for one in self._store.get([h.item_id for h in hits], (name,))}
        blank = np.zeros(projection.dim, np.float32)
        gallery = np.stack([stored.get(hit.item_id, blank) for hit in hits])
        along = projection.learned(gallery) @ projection.learned(asked[np.newaxis])[0]
        return Considered(hits, along.astype(np.float64))

    def _judged(self, considered: Considered) -> Answer:
        if self._calibration is None:
            return Answer(tuple(map(Candidate, considered.hits)))
        scores = [hit.score or 0.0 for hit in considered.hits]
        learned = None if considered.learned is None else considered.learned.tolist()
        probabilities = self._calibration.same_product(scores, learned)
        return Answer(
            tuple(map(Candidate, considered.hits, probabilities)),
            self._calibration.verdict(probabilities[0] if probabilities else None),
            self.calibration,
        )


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
