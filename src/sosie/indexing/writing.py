"""Writes the results of batches to a store, as many in one transaction as are ready or as the store takes at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sosie.errors import SourceError
from sosie.indexing.attributes import attribute_types
from sosie.indexing.batch import Action, BatchOutcome
from sosie.indexing.removal import RemovalPlan
from sosie.indexing.target import Target
from sosie.stores.manifests import change_manifest
from sosie.types import AttributeType, Change, IndexReport, Manifest, Record, Rejection

LONGEST_WAIT = 5.0
"""Most seconds that finished batches wait for more, if a store takes many items at once."""


@dataclass(slots=True)
class IndexTally:
    """Numbers of items written and removed so far."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def count(self, action: Action) -> None:
        """Count an added or updated item."""
        if action == "add":
            self.added += 1
        else:
            self.updated += 1


class Writer:
    """Writes the results of batches to a store and counts them. With ``dry_run`` it only counts, and lists the changes.

    ``on_rejection`` is called for each rejection before any other step can fail.
    """

    def __init__(
        self, store: Target, dry_run: bool = False, on_rejection: Callable[[Rejection], None] = lambda _: None
    ) -> None:
        self._store = store
        self._dry_run = dry_run
        self._on_rejection = on_rejection
        self._tally = IndexTally()
        self._rejections: list[Rejection] = []
        self._changes: list[Change] = []
        self._plan = RemovalPlan()
        self._gaps: tuple[str, ...] = ()
        self._waiting: list[BatchOutcome] = []
        self._waiting_since = 0.0

    @property
    def done(self) -> int:
        """The number of items and rejections so far."""
        return self._tally.added + self._tally.updated + self._tally.unchanged + len(self._rejections)

    @property
    def rejected(self) -> int:
        """The number of rejections so far."""
        return len(self._rejections)

    def reject(self, rejection: Rejection) -> None:
        """Records a rejection."""
        self._rejections.append(rejection)
        self._on_rejection(rejection)

    def write(self, outcomes: Sequence[BatchOutcome]) -> None:
        """Writes the records of batches, or keeps them at most a few seconds until there are enough for the store."""
        if not self._waiting:
            self._waiting_since = time.monotonic()
        self._waiting += outcomes
        records = sum(len(outcome.writes) for outcome in self._waiting)
        waited = time.monotonic() - self._waiting_since
        if not records or records >= self._store.items_at_once or waited >= LONGEST_WAIT:
            self.flush()

    def flush(self) -> None:
        """Writes all waiting records in one transaction, durable on return. Adds new attribute types."""
        outcomes, self._waiting = self._waiting, []
        for rejection in [rejection for outcome in outcomes for rejection in outcome.rejections]:
            self.reject(rejection)
        self._tally.unchanged += sum(outcome.unchanged for outcome in outcomes)
        writes = [write for outcome in outcomes for write in outcome.writes]
        refused = self._upsert([record for record, _ in writes])
        for record, action in writes:
            if record.item_id not in refused:
                self._tally.count(action)
                self._note(record.item_id, action)

    def remove(self, item_ids: Sequence[str]) -> None:
        """Removes items that the source no longer has."""
        if self._dry_run:
            self._tally.removed += len(item_ids)
            self._changes += [Change(item_id, "remove") for item_id in item_ids]
        else:
            self._tally.removed += self._store.delete(item_ids)

    def keep(self, plan: RemovalPlan, gaps: tuple[str, ...]) -> None:
        """Records the items that are not removed, and the unreadable parts of the source."""
        self._plan, self._gaps = plan, gaps

    def report(self, seconds: float, interrupted: bool) -> IndexReport:
        """The report of the run."""
        tally = self._tally
        return IndexReport(
            added=tally.added,
            updated=tally.updated,
            unchanged=tally.unchanged,
            removed=tally.removed,
            rejected=tuple(self._rejections),
            seconds=seconds,
            interrupted=interrupted,
            changes=tuple(self._changes),
            notes=self._plan.notes,
            kept=self._plan.kept,
            gaps=self._gaps,
        )

    def _upsert(self, records: Sequence[Record]) -> set[str]:
        if self._dry_run or not records:
            return set()
        learn_types(self._store, attribute_types(record.attributes for record in records))
        rejections = self._store.upsert(records)
        for rejection in rejections:
            self.reject(rejection)
        return {rejection.item_id for rejection in rejections}

    def _note(self, item_id: str, action: Action) -> None:
        if self._dry_run:
            self._changes.append(Change(item_id, action))


def learn_types(store: Target, types: dict[str, AttributeType]) -> None:
    """Adds attribute types to the manifest, beside those that other writers add at the same time.

    ``SourceError`` if another writer has added one of them with another type.
    """
    change_manifest(store, lambda now: _with_types(now, types))


def _with_types(manifest: Manifest, types: dict[str, AttributeType]) -> Manifest:
    merged = {**types, **manifest.attributes}
    for name, kind in types.items():
        if merged[name] != kind:
            raise SourceError(
                f"another run has just given attribute {name!r} the type {merged[name]}, but this run needs {kind}; "
                "run this again"
            )
    return replace(manifest, attributes=merged)
