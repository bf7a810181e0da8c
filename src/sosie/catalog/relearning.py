"""After a migration, learns for the new network what the catalog had learned before, if the photos still exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sosie.calibration.model import WISHED_PRECISION
from sosie.catalog.asking import query_of
from sosie.catalog.learning import adapt_catalog, calibrate_catalog, feedback_of
from sosie.catalog.resources import Resources
from sosie.errors import SosieError
from sosie.knowledge.calibrations import calibration_source, own_calibration
from sosie.knowledge.generations import adaptation_of
from sosie.knowledge.knowledge import Knowledge
from sosie.knowledge.migration import with_networks_swapped
from sosie.learning.adapting import Stage
from sosie.learning.moving import MovedFeedback, Views, move_feedback
from sosie.support.wording import amount
from sosie.types import JSON, Manifest, Progress, Vectors

REPEAT = "run `sosie {}` again with labeled photos"
UNNAMED = "dropped, because the place of its photos is unknown; "
FAILED = "dropped, because it could not be learned again ({}); "


@dataclass(frozen=True, slots=True)
class Relearning:
    """Learns again what the manifest ``before`` contains, and returns sentences about the result."""

    resources: Resources
    before: Manifest
    workers: int | None
    on_progress: Callable[[Progress], None]
    on_stage: Stage

    def move_feedback(self, fingerprint: str) -> tuple[str, ...]:
        """Transfers feedback to the network with this fingerprint."""
        store, old = self.resources.store, self.before.embedder.fingerprint
        before, after = self._views(self.before), self._views(with_networks_swapped(store.manifest, fingerprint))
        return _feedback_notes(move_feedback(store, old, fingerprint, before, after))

    def learn(self) -> tuple[str, ...]:
        """Adapts and calibrates the current network, if the photos for the other network still exist."""
        notes = []
        if learned := adaptation_of(self.before):
            self.on_stage("adapting again")
            notes.append(f"adaptation: {self._adapt(learned)}")
        calibration = self.resources.knowledge.calibration
        if own_calibration(self.before) and (calibration is None or calibration.provisional):
            self.on_stage("calibrating again")
            notes.append(f"calibration: {self._calibrate(calibration_source(self.before))}")
        return tuple(notes)

    def _views(self, manifest: Manifest) -> Views:
        """Returns a function that embeds a query's picture with the network of a manifest."""
        seen = self.resources.with_store(self.resources.store, manifest.embedder.name)

        def views(query: str) -> Vectors | None:
            try:
                return query_of(seen, Knowledge(manifest), self.resources.with_bytes(query), None).views
            except SosieError:
                return None

        return views

    def _adapt(self, learned: Mapping[str, JSON]) -> str:
        source, again = learned.get("source"), REPEAT.format("adapt")
        if source is None and not feedback_of(self.resources).confirmed:
            return UNNAMED + again
        labeled, unlabeled = (source, None) if learned.get("labelled", True) else (None, source)
        try:
            report = adapt_catalog(
                self.resources, labeled, unlabeled, False, self.workers, self.on_progress, self.on_stage
            )
        except SosieError as error:
            return FAILED.format(error) + again
        return "learned again" if report.helps else f"dropped: {report.decision['reason']}"

    def _calibrate(self, source: str | None) -> str:
        again = REPEAT.format("calibrate")
        if source is None and not feedback_of(self.resources).entries:
            return UNNAMED + again
        try:
            calibrate_catalog(self.resources, source, WISHED_PRECISION, self.workers, self.on_progress)
        except SosieError as error:
            return FAILED.format(error) + again
        return "learned again"


def _feedback_notes(moved: MovedFeedback) -> tuple[str, ...]:
    notes = []
    if moved.moved:
        notes.append(f"feedback: {amount(moved.moved, 'row')} learned again from their pictures")
    if moved.dropped:
        notes.append(
            f"feedback: {amount(moved.dropped, 'row')} no longer count, because their pictures are missing or "
            "changed; undoing restores them"
        )
    return tuple(notes)
