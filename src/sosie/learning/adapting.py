"""A store adapts to its own catalogue: by labelled photos, or by photos alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np

from sosie.adaptation import AdaptationSetting, Decision, Labelled, choose, choose_without_labels
from sosie.adaptation.projection import Projection
from sosie.calibration import Calibration, Sample, calibrate, sample_of_adapted
from sosie.errors import UsageError
from sosie.knowledge.calibrations import calibrated
from sosie.knowledge.generations import own_generation
from sosie.knowledge.training import shortened
from sosie.learning.gallery import gallery_of
from sosie.learning.generation import write_generation
from sosie.learning.holding_out import sample_of_compared
from sosie.learning.known import known_products
from sosie.learning.lessons import Lessons
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.support.blas import one_blas_thread
from sosie.types import JSON, Rejection

Stage = Callable[[str], None]
"""Is told what is being done now."""


@dataclass(frozen=True, slots=True, eq=False)
class AdaptReport:
    """What an adaptation found and did.

    ``generation`` is the one that answers now, None where nothing was changed: the adaptation was refused, or only
    tried. ``calibration`` came with it, or ``uncalibrated`` says why not. ``unknown`` counts photos of products that
    the catalogue does not have. ``seconds`` is without embedding.
    """

    decision: dict[str, JSON]
    generation: str | None = None
    calibration: Calibration | None = None
    uncalibrated: str | None = None
    unknown: int = 0
    rejected: tuple[Rejection, ...] = ()
    seconds: float = 0.0

    @property
    def helps(self) -> bool:
        """Whether the adaptation was found to help."""
        return bool(self.decision["applied"])

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return {
            "decision": self.decision,
            "generation": self.generation,
            "calibration": None if self.calibration is None else self.calibration.to_dict(),
            "uncalibrated": self.uncalibrated,
            "unknown": self.unknown,
            "rejected": [asdict(one) for one in self.rejected],
            "seconds": round(self.seconds, 3),
        }


def adapt_by_labels(
    store: Store, lessons: Lessons, dry_run: bool = False, on_stage: Stage = lambda _: None
) -> AdaptReport:
    """Learn from labelled photos, and let what was learned answer where it helps; probabilities come with it.

    ``UsageError`` where no photo shows a product of the catalogue.
    """
    began = time.perf_counter()
    on_stage("learning")
    products = known_products(store, lessons.products)
    known = replace(lessons, each=tuple(one for one in lessons.each if one.product in products))
    gallery = gallery_of(store, products)
    labelled = Labelled.of(known.vectors, known.products, gallery.vectors, gallery.products)
    decision = choose(labelled)
    generation, calibration, reason = None, None, None
    if decision.projection is not None and not dry_run:
        generation = _write(store, decision.projection, decision.to_dict(), known, on_stage)
        on_stage("calibrating")
        calibration, reason = _calibrated(store, generation, known, labelled, decision)
    return AdaptReport(
        decision.to_dict(),
        generation,
        calibration,
        reason,
        unknown=len(lessons.each) - len(known.each),
        rejected=lessons.rejections,
        seconds=time.perf_counter() - began,
    )


def adapt_by_photos(
    store: Store, photos: Lessons, dry_run: bool = False, on_stage: Stage = lambda _: None
) -> AdaptReport:
    """Learn from photos without labels how photos differ from the catalogue; refused where that cannot be shown."""
    began = time.perf_counter()
    on_stage("learning")
    manifest = store.manifest
    dim = manifest.vectors[own_generation(manifest)]
    vectors = photos.vectors if photos.each else np.empty((0, dim), np.float32)
    decision = choose_without_labels(vectors, gallery_of(store, ()).vectors)
    generation, reason = None, None
    if decision.projection is not None and not dry_run:
        generation = _write(store, decision.projection, decision.to_dict(), replace(photos, each=()), on_stage)
        reason = "photos without labels teach no probabilities; calibrate with labelled ones"
    return AdaptReport(
        decision.to_dict(),
        generation,
        uncalibrated=reason,
        rejected=photos.rejections,
        seconds=time.perf_counter() - began,
    )


def _write(store: Store, projection: Projection, decision: dict[str, JSON], lessons: Lessons, on_stage: Stage) -> str:
    on_stage("writing")
    told = {
        "decision": decision,
        "products": sorted(set(lessons.products)),
        "contents": shortened([lesson.content for lesson in lessons.each]),
        **lessons.origin,
    }
    return write_generation(store, projection, told)


def _calibrated(
    store: Store, generation: str, known: Lessons, labelled: Labelled, decision: Decision
) -> tuple[Calibration | None, str | None]:
    """The calibration of a new generation, by photos that had no part in what answered them, or why there is none."""
    if decision.setting is None:
        return None, "no setting was chosen"
    try:
        # As in ``choose``: many small products, which threads would only slow down.
        with one_blas_thread():
            sample = _held_out(known, labelled, decision.setting)
        found = calibrate(sample, store.manifest.embedder.fingerprint, generation)
    except UsageError as error:
        return None, str(error)
    change_manifest(store, lambda now: calibrated(now, found))
    return found, None


def _held_out(known: Lessons, labelled: Labelled, setting: AdaptationSetting) -> Sample:
    compared = [lesson.compared for lesson in known.each]
    if all(one is None for one in compared):
        return sample_of_adapted(labelled, setting)
    return sample_of_compared(labelled, setting, compared)
