"""Which items a run with ``sync`` may remove: those that the source was read not to have, and not too many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sosie.errors import UsageError
from sosie.indexing.coverage import Coverage
from sosie.support.wording import amount

USUAL_SHARE = 0.10
USUAL_NUMBER = 20
"""A removal of more than this share of the catalog, and of more than this number of items, has to be allowed."""

_LIMIT = re.compile(r"(\d+)|(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True, slots=True)
class RemovalLimit:
    """Most items that a run may remove: a number, or a share of the catalog from 0 to 1."""

    number: int | None = None
    share: float | None = None

    @classmethod
    def of(cls, given: int | str) -> RemovalLimit:
        """The limit as a person gives it: ``50`` or ``"25%"``; ``UsageError`` for anything else."""
        match = None if isinstance(given, bool) else _LIMIT.fullmatch(str(given).strip())
        if match is None or (match[2] and float(match[2]) > 100):
            raise UsageError(f"max_removals is {given!r}: expected a number of items, or a share such as '25%'")
        return cls(number=int(match[1])) if match[1] else cls(share=float(match[2]) / 100)

    def allows(self, removed: int, total: int) -> bool:
        """Whether so many of all items may go."""
        return removed <= (self.number if self.number is not None else (self.share or 0) * total)


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """The ids of the items to remove, how many more did not come and are kept, and why, in sentences."""

    gone: tuple[str, ...] = ()
    kept: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """How a run with ``sync`` decides what to remove.

    With ``allow_unread`` items go even where the source could not be read; ``limit`` is None for the usual one, and
    ``confirm`` is asked about a number of items, of all, that is above it.
    """

    coverage: Coverage
    allow_unread: bool = False
    limit: RemovalLimit | None = None
    confirm: Callable[[int, int], bool] = lambda removed, total: False

    def plan(self, item_ids: Iterable[str]) -> RemovalPlan:
        """The plan for a catalog of these items."""
        total, kept = 0, 0
        gone: list[str] = []
        for item_id in item_ids:
            total += 1
            if self.coverage.includes(item_id):
                continue
            if not self.allow_unread and self.coverage.may_include(item_id):
                kept += 1
            else:
                gone.append(item_id)
        notes = self._notes_on_gaps(kept)
        if self._is_allowed(len(gone), total):
            return RemovalPlan(tuple(gone), kept, notes)
        return RemovalPlan((), kept + len(gone), (*notes, self._note_on_limit(len(gone), total)))

    def _is_allowed(self, removed: int, total: int) -> bool:
        if self.limit is not None:
            return self.limit.allows(removed, total)
        return removed <= USUAL_NUMBER or removed <= USUAL_SHARE * total or self.confirm(removed, total)

    def _notes_on_gaps(self, kept: int) -> tuple[str, ...]:
        gaps = "; ".join(self.coverage.gaps())
        if not gaps:
            return ()
        if self.allow_unread:
            return (f"the source was not read whole, and what did not come was removed all the same: {gaps}",)
        stayed = (
            f". {amount(kept, 'item')} that may be in the rest did not come and stayed: mend the source, or remove "
            "them all the same with --allow-unread"
        )
        return (f"the source was not read whole: {gaps}{stayed if kept else ''}",)

    def _note_on_limit(self, removed: int, total: int) -> str:
        limit = "the limit" if self.limit else f"{USUAL_SHARE:.0%} of the catalog"
        return (
            f"{removed:,} of {amount(total, 'item')} did not come, which is more than {limit}, so none was removed. "
            f"Look at the source; --max-removals {removed} removes them"
        )
