"""The part of a search that needs only the details of the photo, not its embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sosie.filters import Where
from sosie.types import Hit

if TYPE_CHECKING:
    from sosie.details.candidates import DetailsCandidate
    from sosie.details.verify import Agreement
    from sosie.searching.query import Shot

HitsByFilter: TypeAlias = Mapping[Where | None, list[Hit]]
"""The products that share the most visual words with a query, for each filter."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Items that were verified.

    - ``candidates``: the items by item_id.
    - ``agreements``: for each shot of the query, the agreement with each of the items; None if they do not agree.
    """

    candidates: Mapping[str, DetailsCandidate]
    agreements: tuple[Mapping[str, Agreement | None], ...]

    @classmethod
    def nothing(cls, shots: Sequence[Shot]) -> Compared:
        """No items, for a query with these shots."""
        return cls({}, ({},) * len(shots))

    def joined(self, other: Compared) -> Compared:
        """The items of both."""
        both = zip(self.agreements, other.agreements, strict=True)
        return Compared({**self.candidates, **other.candidates}, tuple({**own, **more} for own, more in both))


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """The results of this part of a search. Threads compute them while the network runs.

    - ``hits``: the candidates by visual words.
    - ``compared``: the first of them, compared with the query.
    """

    hits: Future[HitsByFilter]
    compared: Future[Compared]
