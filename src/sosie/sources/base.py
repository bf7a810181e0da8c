"""What a source is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol, TypeAlias

from sosie.types import Item, Rejection

SourceLike: TypeAlias = "Source | str | Path | Iterable[object]"
"""A source, the path or URL of one, or a table in memory: dictionaries, a data frame, an Arrow table."""


class Source(Protocol):
    """A catalogue as it comes: items, and rows that are none, streamed in a stable order.

    ``str(source)`` names it, for messages such as "nothing to index in …".
    """

    def __iter__(self) -> Iterator[Item | Rejection]:
        """Every item once; a row that cannot become one arrives as a ``Rejection`` and the next follows.

        Iterating again starts anew. Of two rows with one item_id the second is a rejection.
        """

    def count(self) -> int | None:
        """How many items and rejections will come, or None where only reading all of it could tell."""

    def shard(self, index: int, total: int) -> Source:
        """The part ``index`` of ``total`` (from 0): the parts are disjoint, together complete, and stable."""
