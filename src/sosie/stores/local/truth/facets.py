"""Counts the values of attributes in SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from sosie.filters import Where, known_type
from sosie.stores.local.truth.conditions import find_expression
from sosie.types import RECORD_FIELDS, AttributeType, Facet

_FROM_FIELD = "SELECT {name} AS value FROM item WHERE {passing}"
_FROM_ATTRIBUTE = "SELECT value FROM attribute WHERE name = ?"
_PASSING = " AND row IN (SELECT item.row FROM item WHERE {passing})"


def facet(
    connection: sqlite3.Connection, name: str, types: Mapping[str, AttributeType], where: Where | None, limit: int
) -> Facet:
    """Counts an attribute's or record field's values over the items that pass; ``FilterError`` for an unknown name."""
    kind = known_type(name, types)
    source, given = _source(name, where)
    query = f"SELECT value, count(*) FROM ({source}) GROUP BY value ORDER BY 2 DESC, 1 LIMIT ?"  # noqa: S608
    values = connection.execute(query, (*given, limit)).fetchall()
    distinct = len(values)
    if distinct == limit:
        [distinct] = connection.execute(f"SELECT count(DISTINCT value) FROM ({source})", given).fetchone()  # noqa: S608
    low, high = None, None
    if kind == "number":
        low, high = connection.execute(f"SELECT min(value), max(value) FROM ({source})", given).fetchone()  # noqa: S608
    if kind == "boolean":
        values = [(bool(value), number) for value, number in values]
    return Facet(name, kind, tuple(values), distinct, low, high)


def _source(name: str, where: Where | None) -> tuple[str, list[object]]:
    passing, values = find_expression(where)
    if name in RECORD_FIELDS:
        return _FROM_FIELD.format(name=name, passing=passing), [*values]
    if where:
        return _FROM_ATTRIBUTE + _PASSING.format(passing=passing), [name, *values]
    return _FROM_ATTRIBUTE, [name]
