"""Settings of a catalog on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

VectorIndex: TypeAlias = Literal["hnsw", "int8_hnsw", "bbq_hnsw"]
LEAST_FOR_BBQ = 64
"""The smallest dimension for which Elasticsearch allows bbq_hnsw."""


@dataclass(frozen=True, slots=True)
class ElasticsearchSettings:
    """Settings for creating and searching an index.

    - ``shards``, ``replicas``: for a new index; by default one shard and one replica.
    - ``vectors``: the kind of vector index of a new index; by default ``bbq_hnsw`` for vectors of at least
      ``bbq_least`` numbers, else ``hnsw``.
    - ``oversample``: a quantized search rescores ``oversample`` × k candidates with the full vectors.
    - ``candidates_by_words``: a search by visual words scores this many candidates by their signatures.
    - ``seconds``: the timeout of a request.
    - ``retries``, ``backoff``: a refused bulk is repeated ``retries`` times, first after ``backoff`` seconds, then
      after twice as long each time.
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
        """The kind of index for vectors of dimension ``dim``."""
        if self.vectors == "bbq_hnsw" and dim < LEAST_FOR_BBQ:
            return "hnsw"
        return self.vectors or ("bbq_hnsw" if dim >= self.bbq_least else "hnsw")
