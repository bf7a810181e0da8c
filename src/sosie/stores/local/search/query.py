"""One vector search inside one transaction: the query vectors, the filter, and the segments to look in."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sosie.filters import Where
from sosie.stores.local.snapshots.layers import Layers
from sosie.stores.local.truth.spans import Space
from sosie.types import Vectors


@dataclass(frozen=True, slots=True)
class VectorQuery:
    """``queries`` are unit vectors, shape (n, dim); with ``distinct``, one row a product comes back."""

    connection: sqlite3.Connection
    name: str
    space: Space
    layers: Layers
    queries: Vectors
    k: int
    where: Where | None
    distinct: bool
