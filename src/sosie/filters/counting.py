"""Counts the values of an attribute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sosie.filters.tree import Where, leaves_of
from sosie.types import AttributeType, AttributeValue, Facet


def count_values(name: str, kind: AttributeType, values: Iterable[AttributeValue | None], limit: int) -> Facet:
    """The facet of an attribute. ``values`` has the value of each item, None for an item without one."""
    counts: Counter[str | float | bool] = Counter()
    for value in values:
        counts.update(_countable(value))
    first = tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])
    numbers = [float(value) for value in counts] if kind == "number" else []
    return Facet(name, kind, first, len(counts), min(numbers, default=None), max(numbers, default=None))


def _countable(value: AttributeValue | None) -> set[str | float | bool]:
    if value is None:
        return set()
    if isinstance(value, str | bool):
        return {value}
    return {float(value)} if isinstance(value, int | float) else set(value)


def without_attribute(where: Where, name: str) -> Where:
    """A bound ``where`` without the conditions on a single attribute, for counting this attribute's values.

    The count of another brand is then the number of items that choosing this brand too would add.
    """
    return Where(tuple(part for part in where.conditions if {leaf.attribute for leaf in leaves_of(part)} != {name}))
