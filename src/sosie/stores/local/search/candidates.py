"""Where candidates come from: rows with cosines that may be approximate, best first, as many as asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from sosie.stores.local.snapshots.engine import SnapshotIndex
from sosie.stores.local.truth.vectors import Rows
from sosie.types import Vectors


class CandidateSource(Protocol):
    """Something that names the best rows for a query."""

    @property
    def size(self) -> int:
        """How many rows it knows."""

    @property
    def complete(self) -> bool:
        """Whether asking for ``size`` rows surely gives all of them."""

    def best(self, query: int, number: int) -> tuple[Rows, Vectors]:
        """The best rows for the query of that number, and their cosines, best first."""


class ExactCandidates(NamedTuple):
    """Rows, shape (n,), whose cosines with every query, shape (queries, n), are known."""

    rows: Rows
    cosines: Vectors

    @property
    def size(self) -> int:
        """See ``CandidateSource``."""
        return len(self.rows)

    @property
    def complete(self) -> bool:
        """See ``CandidateSource``."""
        return True

    def best(self, query: int, number: int) -> tuple[Rows, Vectors]:
        """See ``CandidateSource``."""
        cosines = self.cosines[query]
        first = np.argpartition(-cosines, number)[:number] if number < len(cosines) else np.arange(len(cosines))
        order = first[np.argsort(-cosines[first], kind="stable")]
        return self.rows[order], cosines[order]


class SnapshotCandidates(NamedTuple):
    """The snapshot; ``changed`` rows were set since and are left out."""

    engine: SnapshotIndex
    queries: Vectors
    changed: Rows

    @property
    def size(self) -> int:
        """See ``CandidateSource``."""
        return self.engine.number

    @property
    def complete(self) -> bool:
        """See ``CandidateSource``: a graph may leave a row unreached."""
        return False

    def best(self, query: int, number: int) -> tuple[Rows, Vectors]:
        """See ``CandidateSource``."""
        rows, cosines = self.engine.best(self.queries[query], number)
        current = ~np.isin(rows, self.changed)
        return rows[current], cosines[current]


class Candidates(NamedTuple):
    """Rows and cosines from all sources, best first.

    What was not named is no better than ``frontier``; where everything was named, it is minus infinity.
    """

    rows: Rows
    cosines: Vectors
    frontier: float

    @property
    def complete(self) -> bool:
        """Whether everything was named."""
        return self.frontier == -np.inf


def collect_candidates(sources: Sequence[CandidateSource], query: int, number: int) -> Candidates:
    """The best ``number`` rows of each source."""
    found = [source.best(query, number) for source in sources]
    rows = np.concatenate([rows for rows, _ in found]) if found else np.empty(0, np.int64)
    cosines = np.concatenate([cosines for _, cosines in found]) if found else np.empty(0, np.float32)
    order = np.argsort(-cosines, kind="stable")
    return Candidates(rows[order], cosines[order], _frontier(sources, found, number))


def _frontier(sources: Sequence[CandidateSource], found: Sequence[tuple[Rows, Vectors]], number: int) -> float:
    """The worst cosine that a source named, of the sources that may know more."""
    open_ends = [
        float(cosines[-1]) if len(cosines) else 1.0
        for source, (_, cosines) in zip(sources, found, strict=True)
        if not (source.complete and number >= source.size)
    ]
    return max(open_ends, default=-np.inf)
