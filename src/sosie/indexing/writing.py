"""The only part of indexing that writes: as many batches as are ready, one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sosie.errors import SourceError
from sosie.indexing.attributes import attribute_types
from sosie.indexing.batch import Action, BatchOutcome
from sosie.indexing.removal import RemovalPlan
from sosie.indexing.target import Target
from sosie.stores.manifests import change_manifest
from sosie.types import AttributeType, Change, IndexReport, Manifest, Record, Rejection


@dataclass(slots=True)
class IndexTally:
    """What has been done so far."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def count(self, action: Action) -> None:
        """One item more was added or updated."""
        if action == "add":
            self.added += 1
        else:
            self.updated += 1


class Writer:
    """Writes outcomes to a store and keeps the count; with ``dry_run`` it only counts, and lists the changes.

    ``on_rejection`` hears of each rejection before anything else can fail.
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

    @property
    def done(self) -> int:
        """Items and rejections dealt with so far."""
        return self._tally.added + self._tally.updated + self._tally.unchanged + len(self._rejections)

    @property
    def rejected(self) -> int:
        """Rejections so far."""
        return len(self._rejections)

    def reject(self, rejection: Rejection) -> None:
        """Note what could not go on."""
        self._rejections.append(rejection)
        self._on_rejection(rejection)

    def write(self, outcomes: Sequence[BatchOutcome]) -> None:
        """Write the records of batches in one go, durable on return, in the attribute types of the catalogue."""
        for rejection in [one for outcome in outcomes for one in outcome.rejections]:
            self.reject(rejection)
        self._tally.unchanged += sum(outcome.unchanged for outcome in outcomes)
        writes = [write for outcome in outcomes for write in outcome.writes]
        refused = self._upsert([record for record, _ in writes])
        for record, action in writes:
            if record.item_id not in refused:
                self._tally.count(action)
                self._note(record.item_id, action)

    def remove(self, item_ids: Sequence[str]) -> None:
        """Delete items that the source no longer has."""
        if self._dry_run:
            self._tally.removed += len(item_ids)
            self._changes += [Change(item_id, "remove") for item_id in item_ids]
        else:
            self._tally.removed += self._store.delete(item_ids)

    def keep(self, plan: RemovalPlan, gaps: tuple[str, ...]) -> None:
        """Note what is not removed, and what of the source could not be read."""
        self._plan, self._gaps = plan, gaps

    def report(self, seconds: float, interrupted: bool) -> IndexReport:
        """What was done."""
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
    """Add attribute types to the manifest, beside whatever other writers add at the same time.

    ``SourceError`` where another writer has meanwhile given one of them another type.
    """
    change_manifest(store, lambda now: _with_types(now, types))


def _with_types(manifest: Manifest, types: dict[str, AttributeType]) -> Manifest:
    merged = {**types, **manifest.attributes}
    for name, kind in types.items():
        if merged[name] != kind:
            raise SourceError(
                f"another run has just given attribute {name!r} the type {merged[name]}, and here it is {kind}; "
                "run this one again"
            )
    return replace(manifest, attributes=merged)
