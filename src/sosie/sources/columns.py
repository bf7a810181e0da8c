"""Which column of a table means what."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sosie.errors import SourceError, UsageError
from sosie.types import RECORD_FIELDS

ROLES = ("item_id", "product_id", "image", "links")
"""What a column can be, beside an attribute."""

RESERVED = frozenset((*RECORD_FIELDS, *ROLES))
"""Names that no attribute may have."""

_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Columns:
    """The names that a table gives to what Sosie needs; ``item_id`` is None where the table has no such column."""

    item_id: str | None
    product_id: str
    image: str
    links: str

    @property
    def named(self) -> frozenset[str]:
        """The columns that are no attributes because they mean something else."""
        return frozenset(name for name in (self.item_id, self.product_id, self.image, self.links) if name)

    def is_attribute(self, name: str) -> bool:
        """Whether a column is an attribute: it has a name, which is not reserved, and means nothing else."""
        return bool(name) and name not in RESERVED and name not in self.named


def needed(mapping: Mapping[str, str]) -> frozenset[str]:
    """The columns to look for in a table: all that ``mapping`` names, the image and the item_id.

    ``UsageError`` where it maps what is no role.
    """
    for role in mapping:
        if role not in ROLES:
            raise UsageError(
                f"a column was mapped to {role!r}, and can be {', '.join(ROLES)}; any other is an attribute as it is"
            )
    return frozenset((mapping.get("image", "image"), "item_id", *mapping.values()))


def resolve(table: str, available: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """The columns of a table that has ``available``; ``SourceError`` where the image or a mapped one
    is missing, or two have one name."""
    twice = [name for name, times in Counter(available).items() if times > 1]
    if twice:
        raise SourceError(f"{table} has the column {twice[0]!r} twice; give each column a name of its own")
    for role, name in {"image": "image", **mapping}.items():
        if name not in available:
            raise SourceError(_missing(table, role, name, available))
    item_id = mapping.get("item_id", "item_id" if "item_id" in available else None)
    return Columns(
        item_id,
        mapping.get("product_id", "product_id"),
        mapping.get("image", "image"),
        mapping.get("links", "links"),
    )


def _missing(table: str, role: str, name: str, available: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, available, n=3, cutoff=0.5)
    example = near[0] if near else role if role in available else next(iter(available), "picture_url")
    return (
        f"{table} has no column {name!r} for {role}; it has {_listed(available)}. "
        + (f"Did you mean {' or '.join(map(repr, near))}? " if near else "")
        + f"Map the right one, for instance --column {role}={example} (in Python columns={{{role!r}: {example!r}}})"
    )


def _listed(names: Iterable[str]) -> str:
    every = [repr(name) for name in names]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return (", ".join(every[:_SHOWN]) or "none") + more
