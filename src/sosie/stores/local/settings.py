"""Tuning thresholds of the local store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Thresholds, measured with 1,280 dimensions as described in ``docs/decisions.md``.

    ``busy_seconds`` is how long a writer waits for another. ``optimize`` builds a segment if more than ``tail_rows``
    vectors, or ``tail_items`` items with visual words, are outside segments; up to ``cached_rows`` of them are kept in
    memory, more are read by each search. If n of N items pass a ``where``, they are compared one by one up to n² =
    ``compared_rows`` · N; otherwise segments return about ``first_passing`` rows that pass. If SQLite must find them,
    at most ``listed_rows`` are listed. Segments return ``first_candidates``, then four times as many, up to a few
    thousand; then everything is compared. At most ``scores_at_once`` cosines are in memory. Acknowledged writes always
    survive a killed process; without ``power_safe`` a power failure may damage the store, and writes are faster. A
    segment is built only if the disk has space for it and ``spare_bytes`` more.
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
