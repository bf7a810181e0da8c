"""Judges matches: a match is right if it has the query's product, or the query's value of an attribute."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sosie.errors import FilterError
from sosie.filters import Condition, Where, bind, leaves_of, matches, value_of
from sosie.stores.base import Store
from sosie.types import AttributeValue, Item, Record, Rejection

BY_PRODUCT = "product_id"

DEPTH = 100
"""Number of products of an answer that are judged."""


class Judge:
    """Judges which matches are right, by one attribute, and counts right products in the gallery.

    Right matches pass a ``Where`` that is made for each query. ``FilterError`` for an unknown attribute.
    """

    def __init__(self, store: Store, by: str = BY_PRODUCT) -> None:
        self.by = by
        self._store = store
        self._types = store.manifest.attributes
        self._products_that_pass: dict[Where, int] = {}
        store.facets([by], limit=1)

    def wanted(self, item: Item) -> Where | Rejection:
        """The condition that right matches of this query meet, or a rejection if the query cannot be judged."""
        value = item.product_id if self.by == BY_PRODUCT else item.attributes.get(self.by)
        if value is None:
            return Rejection(item.item_id, "label", f"it has no attribute {self.by!r} by which it could be judged")
        try:
            return bind({self.by: value}, self._types)
        except FilterError as error:
            return Rejection(item.item_id, "label", str(error))

    def totals(self, wanted: Sequence[Where]) -> list[int]:
        """For each condition, the number of products in the gallery that meet it."""
        new = [where for where in dict.fromkeys(wanted) if where not in self._products_that_pass]
        self._products_that_pass |= self._existing_products(new) if self.by == BY_PRODUCT else self._counted(new)
        return [self._products_that_pass[where] for where in wanted]

    def label(self, record: Record) -> str:
        """The label of a match, or of a query, in a list of confusions."""
        return text_of(value_of(record, self.by))

    def _existing_products(self, wanted: Collection[Where]) -> dict[Where, int]:
        """True for products that exist; a single request, because each query may have its own product."""
        if not wanted:
            return {}
        ids = tuple(str(condition.values[0]) for where in wanted for condition in leaves_of(where))
        [facet] = self._store.facets([BY_PRODUCT], Where((Condition(BY_PRODUCT, "=", ids),)), limit=len(ids))
        existing = {value for value, _ in facet.values}
        return {where: int(product_id in existing) for where, product_id in zip(wanted, ids, strict=True)}

    def _counted(self, wanted: Collection[Where]) -> dict[Where, int]:
        return {where: self._store.facets([BY_PRODUCT], where, limit=1)[0].distinct for where in wanted}


def is_right(wanted: Where, record: Record) -> bool:
    """True if a match meets the condition."""
    return matches(wanted, record)


def text_of(value: AttributeValue | None) -> str:
    """A value as readable text."""
    return "" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)
