"""What an explanation is made from: the query's side, and the side of one match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from PIL import Image

from sosie.types import Vectors

if TYPE_CHECKING:
    from sosie.details.base import Details
    from sosie.details.verify import Agreement

Embed: TypeAlias = Callable[[Sequence[Image.Image]], Vectors]
"""RGB pictures → unit vectors, shape (n, dim), in the space of the vectors that they are compared with."""


@dataclass(frozen=True, slots=True)
class QuerySide:
    """The query: its upright picture, and the details and the embedding that were searched with.

    Without ``embed`` no heat map can be drawn; without ``details`` no agreement.
    """

    picture: Image.Image
    embed: Embed | None = None
    details: Details | None = None


@dataclass(frozen=True, slots=True)
class ItemSide:
    """What a catalogue knows of the item of a match; anything may be missing.

    ``picture`` is the original or the thumbnail, whatever its size, ``vector`` has shape (dim,) and unit length, and
    ``agreement`` is what ``sosie.details.verify`` found between the query's details and ``details``.
    """

    picture: Image.Image | None = None
    vector: Vectors | None = None
    details: Details | None = None
    agreement: Agreement | None = None
