"""The inputs of an explanation: query and item."""

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
"""RGB pictures → unit vectors, shape (n, dim), in the space of the item's vector."""


@dataclass(frozen=True, slots=True)
class QuerySide:
    """The query: its upright picture, and the embedding function and details used in the search.

    Without ``embed`` no heat map can be drawn; without ``details`` no agreement.
    """

    picture: Image.Image
    embed: Embed | None = None
    details: Details | None = None


@dataclass(frozen=True, slots=True)
class ItemSide:
    """The catalog's data on the item of a match; anything may be missing.

    ``picture`` is the original or the thumbnail, whatever its size, ``vector`` has shape (dim,) and unit length, and
    ``agreement`` is the result of ``sosie.details.verify`` for the query's details and ``details``.
    """

    picture: Image.Image | None = None
    vector: Vectors | None = None
    details: Details | None = None
    agreement: Agreement | None = None
