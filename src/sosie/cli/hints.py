"""Explains empty results, with suggestions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sosie.filters import Condition, WhereLike, leaves_of, resolve_attribute, where_from
from sosie.support.spelling import nearest

if TYPE_CHECKING:
    from sosie.catalog import CatalogProtocol

MOST_VALUES = 1000
"""A misspelled value is compared with at most this many values of its attribute."""

EMPTY = "the catalog is empty: index something first, with `sosie index SOURCE --store URI`"


def why_empty(catalog: CatalogProtocol, where: WhereLike) -> str:
    """The likely reason for a result without matches: an empty catalog, values that no item has, or the filters."""
    if catalog.count(None) == 0:
        return EMPTY
    wrong = list(_wrong_values(catalog, where))
    return "; ".join(wrong) or "no product passes the filters: widen --where, or lower --min-probability"


def _wrong_values(catalog: CatalogProtocol, where: WhereLike) -> Iterator[str]:
    types = catalog.attributes()
    for condition in leaves_of(where_from(where)):
        name = resolve_attribute(condition.attribute, types)
        if condition.operator == "=" and types.get(name) in ("string", "strings"):
            [facet] = catalog.facets([name], limit=MOST_VALUES)
            yield from _of_condition(condition, [str(value) for value, _ in facet.values])


def _of_condition(condition: Condition, values: list[str]) -> Iterator[str]:
    for value in map(str, condition.values):
        if value not in values and (meant := nearest(value, values)):
            yield f"no item has {condition.attribute}={value}: did you mean {' or '.join(meant)}?"
