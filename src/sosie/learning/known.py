"""Selects the labeled products that the catalog has."""

from __future__ import annotations

from collections.abc import Collection

from sosie.errors import UsageError
from sosie.filters import Condition, Where
from sosie.stores.base import Store
from sosie.support.wording import amount

_BATCH = 1000


def products_in_catalog(store: Store, products: Collection[str]) -> set[str]:
    """The products that the catalog has; ``UsageError`` if there are none."""
    requested = sorted(set(products))
    present: set[str] = set()
    for start in range(0, len(requested), _BATCH):
        batch = tuple(requested[start : start + _BATCH])
        [facet] = store.facets(["product_id"], Where((Condition("product_id", "=", batch),)), limit=len(batch))
        present |= {str(value) for value, _ in facet.values}
    if not requested:
        raise UsageError("there are no labeled photos to learn from: give a source with a product_id for each photo")
    if not present:
        shown = ", ".join(map(repr, requested[:3]))
        raise UsageError(
            f"the photos show {amount(len(requested), 'product')} ({shown}{' …' if len(requested) > 3 else ''}), and "
            "the catalog has none of them: expected product_ids as in `sosie index`; is another column meant? "
            "(--column product_id=NAME)"
        )
    return present
