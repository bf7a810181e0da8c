"""The protocol of a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeAlias

from sosie.types import Item, Rejection

SourceLike: TypeAlias = "Source | str | Path | Iterable[object]"
"""A source, its path or URL, or a table in memory: dictionaries, a data frame, an Arrow table."""


class Source(Protocol):
    """A stream of items, and of rejections for rows that are not items, in a stable order.

    ``str(source)`` names the source in messages such as "nothing to index in …".
    """

    def __iter__(self) -> Iterator[Item | Rejection]:
        """Yields every item once. A row that cannot become an item yields a ``Rejection``, and reading continues.

        Each iteration starts from the beginning. Of two rows with the same item_id, the second is a rejection.
        """

    def count(self) -> int | None:
        """The number of items and rejections; None if only a complete reading could determine it."""

    def shard(self, index: int, total: int) -> Source:
        """The part ``index`` of ``total``, from 0. Parts are disjoint, together complete, and always the same."""
