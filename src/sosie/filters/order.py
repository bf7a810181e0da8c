"""Orders of items by an attribute, and places in such an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sosie.errors import FilterError
from sosie.filters.binding import known_type, resolve_attribute
from sosie.filters.matching import value_of
from sosie.types import AttributeType, AttributeValue, Record


@dataclass(frozen=True, slots=True)
class SortOrder:
    """An order by the values of an attribute: text by code point, numbers by size, false before true.

    Items without a value are last in both directions. Items with equal values are ordered by item_id, ascending.
    """

    attribute: str
    descending: bool = False

    @property
    def text(self) -> str:
        """The order in the form that ``order_from`` reads."""
        return f"-{self.attribute}" if self.descending else self.attribute


class Place(NamedTuple):
    """The place of an item in an order: its value (None without one) and its id."""

    value: str | float | None
    item_id: str


def order_from(sort: str, types: Mapping[str, AttributeType]) -> SortOrder:
    """Creates the order for ``price``, or for ``-price`` (descending). ``types`` are the manifest's attribute types.

    ``FilterError`` for an attribute that is unknown or holds lists.
    """
    descending = sort.startswith("-") and sort not in types
    name = resolve_attribute(sort.removeprefix("-") if descending else sort, types)
    if known_type(name, types) == "strings":
        raise FilterError(f"cannot sort by {name!r}: its values are lists; sort by text, a number or a boolean")
    return SortOrder(name, descending)


def place_of(record: Record, order: SortOrder) -> Place:
    """The place of a record."""
    return Place(sortable(value_of(record, order.attribute)), record.item_id)


def sortable(value: AttributeValue | None) -> str | float | None:
    """The sort key of a value: text or a float; None for no value."""
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, tuple) else float(value)


def is_behind(place: Place, other: Place, descending: bool) -> bool:
    """True if a place is after the other place."""
    if place.value == other.value:
        return place.item_id > other.item_id
    if place.value is None or other.value is None:
        return place.value is None
    # The values of one attribute have one type.
    return (place.value < other.value) if descending else (place.value > other.value)  # type: ignore[operator]


def sort_records(records: Iterable[Record], order: SortOrder, after: Place | None = None) -> list[Record]:
    """Sorts records, and leaves out those up to the place ``after``."""
    by_id = sorted(records, key=lambda record: record.item_id)
    with_value = [record for record in by_id if place_of(record, order).value is not None]
    without = [record for record in by_id if place_of(record, order).value is None]
    with_value.sort(key=lambda record: place_of(record, order).value, reverse=order.descending)  # type: ignore[arg-type,return-value]
    every = [*with_value, *without]
    return [record for record in every if after is None or is_behind(place_of(record, order), after, order.descending)]
