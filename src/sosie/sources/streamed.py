"""What all sources share: shards, item_ids that occur once, and counting."""

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
"""Where a row stands, in the words of a message (``row 17``), and what became of it."""


def digest_of(text: str) -> int:
    """64 bits of BLAKE2b: the same on every machine and in every run, unlike ``hash``.

    Among a million texts, two share a digest with a probability of 3e-8.
    """
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Shard:
    """The part ``index`` of ``total``, from 0. Digests are dealt out by their remainder, so a row that is added
    moves no other row to another part. ``UsageError`` where index is not in 0 … total − 1."""

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
        """Whether what has this digest belongs to this part."""
        return digest % self.total == self.index


class StreamedSource(ABC):
    """A ``Source`` that is read from the start each time. Its memory does not grow but for 8 bytes of digest an item
    (about 100 bytes in Python), by which an item_id that comes again is found."""

    _shard = Shard()

    @abstractmethod
    def entries(self) -> Iterator[Entry]:
        """Every row in its order, whatever the shard, before item_ids are compared."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is, whatever the shard."""

    @property
    def files(self) -> Sequence[Path]:
        """The files that hold its rows: none where pictures are the items themselves, or all is in memory."""
        return ()

    @property
    def expected(self) -> str:
        """What must be in it so that there is an item."""
        return "at least one row"

    def __str__(self) -> str:
        return f"{self._shard}{self.name}"

    def __iter__(self) -> Iterator[Item | Rejection]:
        """The items and rejections of this shard. Of two items with one item_id the second is a rejection."""
        seen: set[int] = set()
        for place, entry in self._readable():
            digest = digest_of(entry.item_id or place)
            if not self._shard.holds(digest):
                continue
            if isinstance(entry, Rejection):
                yield entry
            elif digest in seen:
                yield Rejection(entry.item_id, "source", f"{place}: this item_id came before; the first one is kept")
            else:
                seen.add(digest)
                yield entry

    def _readable(self) -> Iterator[Entry]:
        try:
            yield from self.entries()
        except OSError as error:
            raise SourceError(f"cannot go on reading {self}: {error.strerror}") from error

    def count(self) -> int | None:
        """How many items and rejections will come, found by reading everything once."""
        return sum(1 for _ in self.without_pictures())

    def without_pictures(self) -> Self:
        """The same source, in which pictures that it holds itself may come without their bytes."""
        return self

    def typed(self, types: Mapping[str, AttributeType]) -> Self:
        """The same source, its attributes read in the types that a catalog keeps, where it has a choice."""
        return self

    def report(self) -> SourceReport:
        """How the source is read; what is left out is known as far as it has been read."""
        return SourceReport(str(self), self.name)

    def attribute_names(self) -> frozenset[str] | None:
        """The names that its attributes can have, None where only reading all of it could tell."""
        return None

    def is_idle_part(self) -> bool:
        """Whether this part holds nothing while another part of the same source does."""
        whole = copy.copy(self)
        whole._shard = Shard()
        return self._shard.total > 1 and next(iter(self), None) is None and next(iter(whole), None) is not None

    def shard(self, index: int, total: int) -> Self:
        """The part ``index`` of ``total`` (from 0), by the item_id's digest; ``UsageError`` where there is none."""
        part = copy.copy(self)
        part._shard = self._shard.part(index, total)
        return part


def known_attributes(source: Source) -> frozenset[str] | None:
    """The names that a source's attributes can have, None where only reading all of it could tell."""
    return source.attribute_names() if isinstance(source, StreamedSource) else None


def report_of(source: Source) -> SourceReport:
    """How a source is read; of a source from elsewhere only its name is known."""
    return source.report() if isinstance(source, StreamedSource) else SourceReport(str(source), "")


def files_of(source: Source) -> Sequence[Path]:
    """The files that hold the rows of a source; none of a source from elsewhere."""
    return source.files if isinstance(source, StreamedSource) else ()


def typed_as(source: Source, types: Mapping[str, AttributeType]) -> Source:
    """The same source, its attributes read in the types that a catalog keeps, where it has a choice."""
    return source.typed(types) if isinstance(source, StreamedSource) and types else source
