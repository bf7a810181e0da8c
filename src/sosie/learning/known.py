"""Which of the labeled products the catalog has."""

from __future__ import annotations

from collections.abc import Collection

from sosie.errors import UsageError
from sosie.filters import Condition, Where
from sosie.stores.base import Store
from sosie.support.wording import amount

_BATCH = 1000


def known_products(store: Store, products: Collection[str]) -> set[str]:
    """Those of the products that the catalogue has; ``UsageError`` where it has none of them."""
    wanted = sorted(set(products))
    found: set[str] = set()
    for start in range(0, len(wanted), _BATCH):
        batch = tuple(wanted[start : start + _BATCH])
        [facet] = store.facets(["product_id"], Where((Condition("product_id", "=", batch),)), limit=len(batch))
        found |= {str(value) for value, _ in facet.values}
    if not wanted:
        raise UsageError("there are no labelled photos to learn from: name a source with a product_id for each photo")
    if not found:
        shown = ", ".join(map(repr, wanted[:3]))
        raise UsageError(
            f"the photos show {amount(len(wanted), 'product')} ({shown}{' …' if len(wanted) > 3 else ''}), and the "
            "catalogue has none of them: expected product_ids as `sosie index` took them; is another column meant? "
            "(--column product_id=NAME)"
        )
    return found
