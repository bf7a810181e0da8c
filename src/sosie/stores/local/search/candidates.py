"""Sources of candidates for a vector search: each returns rows and their cosines, best first.

Cosines from a segment are approximate. Its vectors are first compared by short codes (see ``snapshots.coding``). A row
passes if its item passes the filter of the search. A place is the index of a row in a segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from sosie.stores.local.snapshots.layers import Layer
from sosie.stores.local.snapshots.passing import Mask, marked
from sosie.stores.local.snapshots.places import Places, find_places, rows_at, smallest
from sosie.stores.local.truth.vectors import Rows
from sosie.types import Vectors

MOST_ROWS = 4096
"""Most rows that a segment returns for a query; for more rows, comparing all vectors is cheaper."""

LEAST_COMPARED = 100
"""At least this many rows are compared by their vectors after the codes; docs/decisions-stores.md says why."""


class CandidateSource(Protocol):
    """A source of the best rows for a query."""

    @property
    def size(self) -> int:
        """The number of rows."""

    @property
    def most(self) -> int:
        """Most rows that the source should return; for more rows, comparing all vectors is cheaper."""

    @property
    def complete(self) -> bool:
        """True if the source can return all of its rows."""

    def best(self, query: int, number: int) -> tuple[Rows, Vectors]:
        """The best ``number`` rows for query number ``query``, and their cosines, best first."""


class ExactCandidates(NamedTuple):
    """Rows, shape (n,), whose vectors were all compared: ``cosines`` with every query, shape (queries, n)."""

    rows: Rows
    cosines: Vectors

    @property
    def size(self) -> int:
        """See ``CandidateSource``."""
        return len(self.rows)

    @property
    def most(self) -> int:
        """See ``CandidateSource``."""
        return self.size

    @property
    def complete(self) -> bool:
        """See ``CandidateSource``."""
        return True

    def best(self, query: int, number: int) -> tuple[Rows, Vectors]:
        """See ``CandidateSource``."""
        cosines = self.cosines[query]
        order = smallest(-cosines, number)
        return self.rows[order], cosines[order]


class SegmentCandidates(NamedTuple):
    """The rows of a segment, searched by lists of codes (see ``snapshots.lists``).

    Two kinds of rows are left out: rows ``changed`` (ascending) after the newest segment was built, and rows that are
    not marked in ``passing``. ``share`` is the share of all rows that pass.
    """

    layer: Layer
    queries: Vectors
    changed: Rows
    passing: Mask | None
    share: float

    @property
    def size(self) -> int:
        """See ``CandidateSource``."""
        return len(self.layer.segment)

    @property
    def most(self) -> int:
        """See ``CandidateSource``."""
        return min(self.size, MOST_ROWS)

    @property
    def complete(self) -> bool:
        """See ``CandidateSource``: False, because only the nearest lists are compared."""
        return False

    def best(self, query: int, number: int) -> tuple[Rows, Vectors]:
        """See ``CandidateSource``."""
        passes = None if self.passing is None else partial(_passes, self.passing, self.layer)
        places = self.layer.nearest(self.queries[query], number, passes, self.share)
        _, changed = find_places(self.changed, self.layer.segment.rows[places])
        return _compared(self.layer, self.queries[query], places[~changed])


class CodedCandidates(NamedTuple):
    """The rows of a segment that pass, all compared by their codes.

    ``places`` (n,) are the places of these rows. ``distances`` (queries, n) are between each query and their codes.
    """

    layer: Layer
    queries: Vectors
    places: Places
    distances: Vectors

    @property
    def size(self) -> int:
        """See ``CandidateSource``."""
        return len(self.places)

    @property
    def most(self) -> int:
        """See ``CandidateSource``."""
        return self.size

    @property
    def complete(self) -> bool:
        """See ``CandidateSource``."""
        return True

    def best(self, query: int, number: int) -> tuple[Rows, Vectors]:
        """See ``CandidateSource``."""
        first = smallest(self.distances[query], max(number, LEAST_COMPARED))
        return _compared(self.layer, self.queries[query], self.places[first])


def _passes(passing: Mask, layer: Layer, places: Places) -> npt.NDArray[np.bool_]:
    return marked(passing, rows_at(layer.segment.rows, places))


def _compared(layer: Layer, query: Vectors, places: Places) -> tuple[Rows, Vectors]:
    """The rows at these places with their cosines, best first."""
    cosines = layer.cosines(query[None], places)[0]
    order = np.argsort(-cosines, kind="stable")
    return layer.segment.rows[places[order]], cosines[order]


class Candidates(NamedTuple):
    """The best rows of all sources with their cosines, best first.

    Any other row is expected to have a cosine of at most ``frontier``; minus infinity if there are no other rows.
    """

    rows: Rows
    cosines: Vectors
    frontier: float

    @property
    def complete(self) -> bool:
        """True if every row is included."""
        return self.frontier == -np.inf


def collect_candidates(sources: Sequence[CandidateSource], query: int, number: int) -> Candidates:
    """The best ``number`` rows of all sources together."""
    parts = [source.best(query, number) for source in sources]
    rows = np.concatenate([rows for rows, _ in parts]) if parts else np.empty(0, np.int64)
    cosines = np.concatenate([cosines for _, cosines in parts]) if parts else np.empty(0, np.float32)
    order = np.argsort(-cosines, kind="stable")
    dropped = cosines[order[number : number + 1]]
    frontier = max([_frontier(sources, parts, number), *dropped.tolist()])
    return Candidates(rows[order[:number]], cosines[order[:number]], frontier)


def _frontier(sources: Sequence[CandidateSource], parts: Sequence[tuple[Rows, Vectors]], number: int) -> float:
    """The largest cosine that a row not returned by its source is expected to have; minus infinity if there is none.

    An incomplete source is assumed to hold no row with a larger cosine than the last row that it returned.
    """
    open_ends = [
        float(cosines[-1]) if len(cosines) else 1.0
        for source, (_, cosines) in zip(sources, parts, strict=True)
        if not (source.complete and number >= source.size)
    ]
    return max(open_ends, default=-np.inf)
