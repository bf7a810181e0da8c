"""What a search for duplicates finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from sosie.types import JSON

Reason: TypeAlias = Literal["same bytes", "same picture", "same code"]
Edit: TypeAlias = Literal["turned", "mirrored", "cropped", "recoloured", "covered"]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, upper, right and lower end in fractions of a picture's width and height."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two items belong together.

    ``agreement`` is the share of what can be compared in both pictures that is the same in both, in [0, 1]. ``edits``
    tell what was done to one of them, ``turned`` by how many degrees clockwise the second is the first turned.
    ``differs`` is the one place of the first picture where they differ, as under a badge: looked at by a person, it
    may turn out to be what tells two variants apart. ``code`` is what both have in the attribute that holds codes.
    """

    first: str
    second: str
    reason: Reason
    agreement: float = 1.0
    edits: tuple[Edit, ...] = ()
    turned: int = 0
    differs: Box | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Items that belong together, in order of their ids, with the product of each and the evidence that joins them."""

    items: tuple[str, ...]
    products: tuple[str, ...]
    evidence: tuple[Likeness, ...]

    @property
    def listed_twice(self) -> bool:
        """Whether more than one product stands behind the group."""
        return len(set(self.products)) > 1

    def to_dict(self) -> dict[str, JSON]:
        """The group as plain JSON."""
        return {
            "items": list(self.items),
            "products": list(self.products),
            "listed_twice": self.listed_twice,
            "evidence": [asdict(one) for one in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """Every group of a catalogue, largest first; ``compared`` pairs were looked at, ``seconds`` in all.

    ``damaged`` items have a thumbnail that cannot be read, and were compared by their bytes only.

    >>> with sosie.open("shop.sosie") as catalog:
    ...     report = catalog.duplicates()
    >>> report.items, report.groups
    (6, ())
    """

    items: int
    groups: tuple[DuplicateGroup, ...]
    compared: int
    seconds: float
    damaged: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return {
            "items": self.items,
            "compared": self.compared,
            "seconds": round(self.seconds, 3),
            "damaged": list(self.damaged),
            "groups": [group.to_dict() for group in self.groups],
        }
