"""Base of all sources: shards, unique item_ids, and counting."""

from __future__ import annotations

import copy
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeAlias

from sosie.errors import SourceError, UsageError
from sosie.sources.base import Source
from sosie.sources.report import SourceReport
from sosie.types import AttributeType, Item, Rejection

Entry: TypeAlias = tuple[str, Item | Rejection]
"""Where a row is, in words for messages (``row 17``), and its item or rejection."""


def digest_of(text: str) -> int:
    """64 bits of BLAKE2b. Unlike ``hash``, it is the same on every machine and in every run.

    Among a million texts, two share a digest with a probability of 3e-8.
    """
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Shard:
    """The part ``index`` of ``total``, from 0; ``UsageError`` for an index outside 0 … total − 1.

    An entry belongs to the part that is the remainder of its digest. So an added row moves no other row to another
    part.
    """

    index: int = 0
    total: int = 1

    def __post_init__(self) -> None:
        if self.total < 1:
            raise UsageError(f"a source cannot be split into {self.total} parts: expected at least 1")
        if not 0 <= self.index < self.total:
            raise UsageError(f"there is no part {self.index} of {self.total}: expected 0 to {self.total - 1}")

    def __str__(self) -> str:
        return "" if self.total == 1 else f"part {self.index}/{self.total} of "

    def part(self, index: int, total: int) -> Shard:
        """A part of this part."""
        inner = Shard(index, total)
        return Shard(self.index + self.total * inner.index, self.total * inner.total)

    def holds(self, digest: int) -> bool:
        """True if an entry with this digest belongs to this part."""
        return digest % self.total == self.index


class StreamedSource(ABC):
    """A ``Source`` that is read from the beginning each time.

    To detect repeated item_ids, memory grows by a digest of 8 bytes an item (about 100 bytes in Python).
    """

    _shard = Shard()

    @abstractmethod
    def entries(self) -> Iterator[Entry]:
        """Every row in its order, of all shards, before item_ids are compared."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the source for messages, without the shard."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that hold the rows. None if the pictures themselves are the items, or if all is in memory."""
        return ()

    @property
    def expected(self) -> str:
        """The content that at least one item requires, in words."""
        return "at least one row"

    def __str__(self) -> str:
        return f"{self._shard}{self.name}"

    def __iter__(self) -> Iterator[Item | Rejection]:
        """The items and rejections of this shard. Of two items with the same item_id, the second is a rejection."""
        seen: set[int] = set()
        for place, entry in self._readable():
            digest = digest_of(entry.item_id or place)
            if not self._shard.holds(digest):
                continue
            if isinstance(entry, Rejection):
                yield entry
            elif digest in seen:
                yield Rejection(
                    entry.item_id, "source", f"{place}: this item_id occurred before; the first item is kept"
                )
            else:
                seen.add(digest)
                yield entry

    def _readable(self) -> Iterator[Entry]:
        try:
            yield from self.entries()
        except OSError as error:
            raise SourceError(f"cannot continue reading {self}: {error.strerror}") from error

    def count(self) -> int | None:
        """The number of items and rejections, determined by reading everything once."""
        return sum(1 for _ in self.without_pictures())

    def without_pictures(self) -> Self:
        """The same source. Embedded pictures may come without their bytes."""
        return self

    def typed(self, types: Mapping[str, AttributeType]) -> Self:
        """The same source. Where several types are possible, its attributes get those of ``types``."""
        return self

    def report(self) -> SourceReport:
        """How the source is read. What was left out is complete only up to the current position."""
        return SourceReport(str(self), self.name)

    def attribute_names(self) -> frozenset[str] | None:
        """The possible names of its attributes; None if unknown before reading."""
        return None

    def is_idle_part(self) -> bool:
        """True if this part is empty, but another part of the same source is not."""
        whole = copy.copy(self)
        whole._shard = Shard()
        return self._shard.total > 1 and next(iter(self), None) is None and next(iter(whole), None) is not None

    def shard(self, index: int, total: int) -> Self:
        """The part ``index`` of ``total``, from 0, by digests of item_ids; ``UsageError`` if there is no such part."""
        part = copy.copy(self)
        part._shard = self._shard.part(index, total)
        return part


def attribute_names_of(source: Source) -> frozenset[str] | None:
    """The possible names of a source's attributes; None if unknown before reading."""
    return source.attribute_names() if isinstance(source, StreamedSource) else None


def report_of(source: Source) -> SourceReport:
    """How a source is read. For a source of another class, only the name."""
    return source.report() if isinstance(source, StreamedSource) else SourceReport(str(source), "")


def files_of(source: Source) -> Sequence[Path]:
    """The files that hold the rows of a source; none for a source of another class."""
    return source.files if isinstance(source, StreamedSource) else ()


def typed_as(source: Source, types: Mapping[str, AttributeType]) -> Source:
    """The same source. Where several types are possible, its attributes get those of ``types``."""
    return source.typed(types) if isinstance(source, StreamedSource) and types else source
