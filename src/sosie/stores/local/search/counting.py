"""Counts items and values of attributes, from segments of attributes or with SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import numpy as np

from sosie.filters import Where, known_type
from sosie.stores.local.snapshots.passing import Attributes, Mask
from sosie.stores.local.truth import meta, reading
from sosie.stores.local.truth.facets import facet
from sosie.types import RECORD_FIELDS, Facet


def count(connection: sqlite3.Connection, attributes: Attributes | None, where: Where | None) -> int:
    """The number of items that pass the filter."""
    if attributes is None:
        return reading.count(connection, where)
    return int(np.count_nonzero(_passing(connection, attributes, where)))


def count_facets(
    connection: sqlite3.Connection,
    attributes: Attributes | None,
    names: Sequence[str],
    where: Where | None,
    limit: int,
) -> list[Facet]:
    """See ``Store.facets``."""
    types = meta.manifest_of(connection).attributes
    passing = None if attributes is None else _passing(connection, attributes, where)
    facets = []
    for name in names:
        kind = known_type(name, types)
        counted = None
        if attributes is not None and passing is not None and name not in RECORD_FIELDS:
            counted = attributes.count_values(name, passing, limit)
        if counted is None:
            facets.append(facet(connection, name, types, where, limit))
            continue
        values: list[tuple[str | float | bool, int]] = [*counted.values]
        if kind == "boolean":
            values = [(bool(value), number) for value, number in values]
        low, high = (counted.minimum, counted.maximum) if kind == "number" else (None, None)
        facets.append(Facet(name, kind, tuple(values), counted.distinct, low, high))
    return facets


def _passing(connection: sqlite3.Connection, attributes: Attributes, where: Where | None) -> Mask:
    return attributes.passing(where, connection) if where else attributes.exists
