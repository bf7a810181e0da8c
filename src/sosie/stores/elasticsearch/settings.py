"""What can be chosen about a catalogue on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

VectorIndex: TypeAlias = Literal["hnsw", "int8_hnsw", "bbq_hnsw"]
LEAST_FOR_BBQ = 64
"""The fewest numbers for which Elasticsearch takes bbq_hnsw."""


@dataclass(frozen=True, slots=True)
class ElasticsearchSettings:
    """How an index is made and asked.

    ``shards``, ``replicas`` and ``vectors`` count when an index is made; None leaves the choice to Sosie: one shard,
    one replica, and ``bbq_hnsw`` for vectors of ``bbq_least`` numbers and more, else ``hnsw``. A quantised search
    takes ``oversample`` × k candidates and scores them anew with the full vectors; a search by visual words scores
    ``candidates_by_words`` anew by their signatures. ``seconds`` is how long one request
    may take; a refused bulk is repeated ``retries`` times, after ``backoff`` seconds and then twice as many each time.
    """

    shards: int | None = None
    replicas: int | None = None
    vectors: VectorIndex | None = None
    oversample: float = 3.0
    candidates: int = 200
    most_candidates: int = 10_000
    candidates_by_words: int = 500
    bbq_least: int = 256
    seconds: float = 60.0
    health_seconds: float = 30.0
    retries: int = 6
    backoff: float = 0.5
    bulk_items: int = 250
    bulk_bytes: int = 8 * 2**20
    bulk_threads: int = 2
    queries_at_once: int = 64
    page: int = 1000
    page_with_vectors: int = 200
    facet_values: int = 1000

    def vector_index(self, dim: int) -> VectorIndex:
        """How vectors of ``dim`` numbers are indexed."""
        if self.vectors == "bbq_hnsw" and dim < LEAST_FOR_BBQ:
            return "hnsw"
        return self.vectors or ("bbq_hnsw" if dim >= self.bbq_least else "hnsw")
