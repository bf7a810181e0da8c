"""Which products the catalogue has, and which of them taught the generation that answers now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sosie.errors import UsageError
from sosie.filters import Condition, Where
from sosie.knowledge.generations import adaptation_of
from sosie.stores.base import Store
from sosie.support.wording import amount
from sosie.types import Manifest

_BATCH = 1000
_DIGITS = 16


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


@dataclass(frozen=True, slots=True)
class Taught:
    """What taught the generation that answers now: contents of photos, shortened, and products."""

    contents: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()

    def by_photo(self, content_sha256: str) -> bool:
        """Whether this photo did."""
        return content_sha256[:_DIGITS] in self.contents


def taught(manifest: Manifest) -> Taught:
    """What taught the generation that answers now; nothing where it is the embedder's own or came without labels."""
    entry = adaptation_of(manifest)
    return Taught(frozenset(entry.get("contents", ())), frozenset(entry.get("products", ())))


def shortened(contents: Collection[str]) -> list[str]:
    """Contents as the manifest keeps them: long enough not to meet by chance."""
    return sorted(content[:_DIGITS] for content in contents)
