"""Items in a Python list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sosie.sources.streamed import Entry, StreamedSource
from sosie.types import Item


class ListedItems(StreamedSource):
    """A list of items as a source."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items

    @property
    def name(self) -> str:
        """See ``StreamedSource``."""
        return f"the list of {len(self._items):,} items"

    def attribute_names(self) -> frozenset[str]:
        """See ``StreamedSource``."""
        return frozenset(name for item in self._items for name in item.attributes)

    def entries(self) -> Iterator[Entry]:
        """Every item of the list."""
        for number, item in enumerate(self._items, 1):
            yield f"item {number}", item
