"""From hits to matches: one product each, in the order in which a person should look at them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sosie.errors import UsageError
from sosie.filters import Condition, Where
from sosie.stores.base import Store
from sosie.types import Vectors

MAX_K = 1000


def check_k(k: int) -> int:
    """``k`` if it can be asked for, else ``UsageError``."""
    if not 1 <= k <= MAX_K:
        raise UsageError(f"k = {k!r} was asked for; expected a whole number from 1 to {MAX_K}")
    return k


def together(vectors: Vectors) -> Vectors:
    """One query from several views of one product, shape (n, dim) → (1, dim): their mean, of unit length again."""
    mean = vectors.mean(axis=0, keepdims=True)
    length = np.linalg.norm(mean)
    if not length > 1e-6:
        raise UsageError("these pictures cancel each other out; search them one by one")
    return np.asarray(mean / length, np.float32)


def count_views(store: Store, product_ids: Sequence[str]) -> dict[str, int]:
    """How many pictures of each product the store holds."""
    if not product_ids:
        return {}
    unique = tuple(dict.fromkeys(product_ids))
    of_these = Where((Condition("product_id", "=", unique),))
    [facet] = store.facets(["product_id"], of_these, limit=len(unique) + 1)
    return {str(product_id): count for product_id, count in facet.values}
