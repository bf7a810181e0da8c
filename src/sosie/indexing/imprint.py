"""What of a picture is kept beside what its source says of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sosie.types import THUMBNAIL, Record, Vectors


@dataclass(frozen=True, slots=True)
class Imprint:
    """The named vectors of a picture, and how each is made from the embedder's own, shape (dim,)."""

    names: tuple[str, ...]
    stored: Callable[[Vectors], Mapping[str, Vectors]]

    @property
    def fields(self) -> tuple[str, ...]:
        """What two records of the same picture share."""
        return (*self.names, THUMBNAIL)

    def complete(self, record: Record) -> bool:
        """Whether the record has everything that indexing its picture again would give it."""
        return all(name in record.vectors for name in self.names)
