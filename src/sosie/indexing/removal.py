"""Decides which items a run with ``sync`` removes: those that the source lacks, if they are not too many."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sosie.errors import UsageError
from sosie.indexing.coverage import Coverage
from sosie.support.wording import amount

USUAL_SHARE = 0.10
USUAL_NUMBER = 20
"""To remove more than this number of items, and more than this share of the catalog, needs explicit permission."""

_LIMIT = re.compile(r"(\d+)|(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True, slots=True)
class RemovalLimit:
    """The most items that a run may remove: a number, or a share of the catalog from 0 to 1."""

    number: int | None = None
    share: float | None = None

    @classmethod
    def of(cls, given: int | str) -> RemovalLimit:
        """Parses a limit such as ``50`` or ``"25%"``; ``UsageError`` for anything else."""
        match = None if isinstance(given, bool) else _LIMIT.fullmatch(str(given).strip())
        if match is None or (match[2] and float(match[2]) > 100):
            raise UsageError(f"max_removals is {given!r}: expected a number of items, or a share such as '25%'")
        return cls(number=int(match[1])) if match[1] else cls(share=float(match[2]) / 100)

    def allows(self, removed: int, total: int) -> bool:
        """True if ``removed`` of ``total`` items may be removed."""
        return removed <= (self.number if self.number is not None else (self.share or 0) * total)


@dataclass(frozen=True, slots=True)
class RemovalPlan:
    """The ids of the items to remove, the number of missing items that are kept, and notes on the reasons."""

    gone: tuple[str, ...] = ()
    kept: int = 0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Removal:
    """The rules by which a run with ``sync`` removes items.

    - ``allow_unread``: removes items even if the source was not read completely.
    - ``limit``: above it, nothing is removed. If it is None, the usual limit applies; above this, ``confirm`` is called
      with the number of items to remove and the number of all items.
    - ``dry_run``: the notes say what would be removed.
    """

    coverage: Coverage
    allow_unread: bool = False
    limit: RemovalLimit | None = None
    confirm: Callable[[int, int], bool] = lambda removed, total: False
    dry_run: bool = False

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
        if self._is_allowed(len(gone), total):
            return RemovalPlan(tuple(gone), kept, self._notes_on_gaps(len(gone), kept))
        notes = (*self._notes_on_gaps(0, kept), self._note_on_limit(len(gone), total))
        return RemovalPlan((), kept + len(gone), notes)

    def _is_allowed(self, removed: int, total: int) -> bool:
        if self.limit is not None:
            return self.limit.allows(removed, total)
        return removed <= USUAL_NUMBER or removed <= USUAL_SHARE * total or self.confirm(removed, total)

    def _notes_on_gaps(self, removed: int, kept: int) -> tuple[str, ...]:
        gaps = "; ".join(self.coverage.gaps())
        if not gaps:
            return ()
        if self.allow_unread and removed:
            were = "would be" if self.dry_run else "were"
            return (f"the source was not read completely, and missing items {were} removed nevertheless: {gaps}",)
        stayed = (
            f". Kept {amount(kept, 'item')} that may be in the unread part: repair the source, or remove "
            f"{'it' if kept == 1 else 'them'} nevertheless with --allow-unread"
        )
        return (f"the source was not read completely: {gaps}{stayed if kept else ''}",)

    def _note_on_limit(self, removed: int, total: int) -> str:
        limit = "the limit" if self.limit else f"{USUAL_SHARE:.0%} of the catalog"
        was = "would be" if self.dry_run else "was"
        return (
            f"{removed:,} of {amount(total, 'item')} {'is' if removed == 1 else 'are'} missing from the source, which "
            f"is more than {limit}, so none {was} removed: check the source; --max-removals {removed} removes them"
        )
