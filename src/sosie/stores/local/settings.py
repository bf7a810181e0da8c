"""Tuning thresholds of the local store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """Borders, found by measuring 1,280 dimensions; ``docs/decisions.md`` says how.

    ``busy_seconds`` is how long a writer waits for another. ``tail_rows`` vectors may stand outside the segments
    before ``optimize`` builds the next, and ``tail_items`` items with visual words; up to ``cached_rows`` of them
    are kept in memory, more are read anew by each search. Where n of N items pass a ``where``, they are compared
    one by one up to n² = ``compared_rows`` · N; of more, the segments are asked for about ``first_passing`` that
    pass. Where SQLite must find them, at most ``listed_rows`` are. The segments are asked for ``first_candidates``,
    then for four times as many, up to a few thousand; then everything is compared. At most ``scores_at_once``
    cosines are held in memory. What is acknowledged always outlives a killed process; without ``power_safe`` a
    power cut may damage the store, and a write is quicker. A segment is built only where the disk has room for it
    and ``spare_bytes`` more.
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
