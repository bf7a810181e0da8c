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
class VerifiedItems:
    """Items whose details were verified against those of a query.

    - ``candidates``: the items by item_id.
    - ``agreements``: for each shot of the query, the agreement with each of the items; None if they do not agree.
    """

    candidates: Mapping[str, DetailsCandidate]
    agreements: tuple[Mapping[str, Agreement | None], ...]

    @classmethod
    def nothing(cls, shots: Sequence[Shot]) -> VerifiedItems:
        """No items, for a query with these shots."""
        return cls({}, ({},) * len(shots))

    def joined(self, other: VerifiedItems) -> VerifiedItems:
        """The items of both."""
        both = zip(self.agreements, other.agreements, strict=True)
        return VerifiedItems({**self.candidates, **other.candidates}, tuple({**own, **more} for own, more in both))


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """The results of this part of a search. Threads compute them while the network runs.

    - ``hits``: the candidates by visual words.
    - ``verified``: the first of them, verified.
    """

    hits: Future[HitsByFilter]
    verified: Future[VerifiedItems]
