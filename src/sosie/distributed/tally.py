"""Adds up the progress and the reports of the parts."""

from __future__ import annotations

from collections.abc import Iterable

from sosie.types import IndexReport, Progress


class ClusterTally:
    """The progress of every part. A part that is retried starts from zero."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._parts: dict[int, Progress] = {}

    def note(self, part: int, progress: Progress) -> None:
        """Records the progress of a part."""
        self._parts[part] = progress

    def sum(self) -> Progress:
        """The progress of all parts together."""
        parts = self._parts.values()
        return Progress(sum(part.done for part in parts), self._total, sum(part.rejected for part in parts))


def merged(reports: Iterable[IndexReport], seconds: float, interrupted: bool) -> IndexReport:
    """One report of all parts, as if one run of ``seconds`` had indexed them."""
    parts = list(reports)
    return IndexReport(
        added=sum(part.added for part in parts),
        updated=sum(part.updated for part in parts),
        unchanged=sum(part.unchanged for part in parts),
        removed=sum(part.removed for part in parts),
        rejected=tuple(rejection for part in parts for rejection in part.rejected),
        seconds=seconds,
        interrupted=interrupted or any(part.interrupted for part in parts),
    )
