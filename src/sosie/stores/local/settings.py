"""Tuning thresholds of the local store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Thresholds, measured with 1,280 dimensions as ``docs/decisions.md`` describes.

    - ``busy_seconds``: how long a writer waits for another writer.
    - ``tail_rows``, ``tail_items``: ``optimize`` builds a segment if more vectors, or more items with visual words, are
      outside segments.
    - ``cached_rows``: if at most this many vectors are outside segments, they stay in memory; more are read by each
      search.
    - ``compared_rows``: if n of N items pass a filter and n² ≤ ``compared_rows`` · N, each of the n items is compared.
    - ``first_passing``: otherwise segments return about this many rows that pass.
    - ``listed_rows``: if SQLite must find the rows that pass, at most this many are listed.
    - ``first_candidates``: without a filter, segments return this many rows, then four times as many, up to a few
      thousand. After that every vector is compared.
    - ``scores_at_once``: most cosines in memory.
    - ``power_safe``: if False, writes are faster, but a power failure may damage the store. Acknowledged writes survive
      a killed process in any case.
    - ``spare_bytes``: a segment is built only if this much disk space would remain.
    """

    busy_seconds: float = 30.0
    tail_rows: int = 4096
    tail_items: int = 1024
    cached_rows: int = 16_384
    listed_rows: int = 1500
    compared_rows: int = 500
    first_passing: int = 50
    first_candidates: int = 100
    scores_at_once: int = 16_000_000
    power_safe: bool = True
    spare_bytes: int = 1 << 26
