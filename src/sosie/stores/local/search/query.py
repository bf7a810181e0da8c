"""A vector search inside a transaction: the query vectors, the filter, and the segments."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import numpy as np

from sosie.filters import Where
from sosie.stores.local.snapshots.layers import Layers
from sosie.stores.local.snapshots.passing import Mask
from sosie.stores.local.truth.spans import Space
from sosie.types import Vectors


@dataclass(frozen=True, slots=True)
class VectorQuery:
    """A vector search. ``queries`` are unit vectors, shape (n, dim).

    With ``distinct``, each product is returned once. ``passing`` marks the rows that pass the filter ``where``; None if
    this was not determined before the search.
    """

    connection: sqlite3.Connection
    name: str
    space: Space
    layers: Layers
    queries: Vectors
    k: int
    where: Where | None
    distinct: bool
    passing: Mask | None = None

    @property
    def tested(self) -> Where | None:
        """The filter that each candidate must still be tested with; None if ``passing`` marks the rows."""
        return self.where if self.passing is None else None

    @property
    def share(self) -> float:
        """The share of all rows that pass; 1 if it is unknown."""
        return 1.0 if self.passing is None else max(np.count_nonzero(self.passing) / max(len(self.passing), 1), 1e-6)
