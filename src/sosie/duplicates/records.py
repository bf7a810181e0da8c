"""The records of a search for duplicates."""

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
    """The evidence that two items are duplicates.

    - ``agreement``: the share of the comparable area that is the same in both pictures, in [0, 1].
    - ``edits``: how one picture was edited to give the other.
    - ``turned``: the clockwise rotation of the second picture against the first, in degrees.
    - ``differs``: the only region of the first picture where the two differ, for instance a badge. A person should
      check it, because it may distinguish two variants.
    - ``code``: the value of the code attribute, if both items have the same.
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
    """A group of duplicate items, ordered by id, with the product of each item and the evidence."""

    items: tuple[str, ...]
    products: tuple[str, ...]
    evidence: tuple[Likeness, ...]

    @property
    def listed_twice(self) -> bool:
        """True if the group has more than one product."""
        return len(set(self.products)) > 1

    def to_dict(self) -> dict[str, JSON]:
        """The group as plain JSON."""
        return {
            "items": list(self.items),
            "products": list(self.products),
            "listed_twice": self.listed_twice,
            "evidence": [asdict(likeness) for likeness in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class DuplicateReport:
    """Every group of a catalog, largest first. ``compared`` counts compared pairs, ``seconds`` is the total time.

    ``damaged`` items have an unreadable thumbnail; they were compared by their bytes only.

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
