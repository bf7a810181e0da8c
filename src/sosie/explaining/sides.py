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
"""Embeds RGB pictures: returns unit vectors, shape (n, dim), comparable with the item's vector."""


@dataclass(frozen=True, slots=True)
class QuerySide:
    """The query: its upright picture, and the details and the embedding function of the search.

    Without ``embed`` no heat map can be drawn; without ``details`` no agreement.
    """

    picture: Image.Image
    embed: Embed | None = None
    details: Details | None = None


@dataclass(frozen=True, slots=True)
class ItemSide:
    """The catalog's data on the item of a match. Any part may be missing.

    - ``picture``: the original or the thumbnail, of any size.
    - ``vector``: shape (dim,), unit length.
    - ``agreement``: the result of ``sosie.details.verify`` for the query's details and ``details``.
    """

    picture: Image.Image | None = None
    vector: Vectors | None = None
    details: Details | None = None
    agreement: Agreement | None = None
