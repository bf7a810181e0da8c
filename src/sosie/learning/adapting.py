"""Adapts a store to its catalog and its photos, with labels or without."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from sosie.adaptation.centering import choose_without_labels
from sosie.adaptation.choosing import Decision, choose
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection
from sosie.adaptation.trials import AdaptationSetting
from sosie.calibration.fitting import Sample, calibrate
from sosie.calibration.model import Calibration
from sosie.calibration.sampling import sample_of_adapted
from sosie.errors import UsageError
from sosie.knowledge.calibrations import calibrated_by_adaptation
from sosie.knowledge.generations import own_generation
from sosie.knowledge.training import shortened
from sosie.learning.gallery import gallery_of
from sosie.learning.generation import write_generation
from sosie.learning.holding_out import sample_of_compared
from sosie.learning.known import products_in_catalog
from sosie.learning.lessons import Lessons
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.support.blas import one_blas_thread
from sosie.types import JSON, Rejection

Stage = Callable[[str], None]
"""Called with the name of each stage when it starts."""


@dataclass(frozen=True, slots=True, eq=False)
class AdaptReport:
    """The result of an adaptation.

    - ``generation``: the new active generation; None if the adaptation was refused, or only tried.
    - ``calibration``: the new generation's calibration; if there is none, ``uncalibrated`` is the reason.
    - ``unknown``: the number of photos of products that are not in the catalog.
    - ``seconds``: the time, without embedding.
    - ``repeated``: True if photos and catalog are those of the last adaptation. Then nothing was computed or changed.
    """

    decision: dict[str, JSON]
    generation: str | None = None
    calibration: Calibration | None = None
    uncalibrated: str | None = None
    unknown: int = 0
    rejected: tuple[Rejection, ...] = ()
    seconds: float = 0.0
    repeated: bool = False

    @property
    def helps(self) -> bool:
        """True if the adaptation improves answers."""
        return bool(self.decision["applied"])

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return {
            "decision": self.decision,
            "generation": self.generation,
            "calibration": None if self.calibration is None else self.calibration.to_dict(),
            "uncalibrated": self.uncalibrated,
            "unknown": self.unknown,
            "rejected": [asdict(rejection) for rejection in self.rejected],
            "seconds": round(self.seconds, 3),
            "repeated": self.repeated,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, JSON]) -> AdaptReport:
        """Reads the report that ``to_dict`` wrote."""
        calibration = None if data["calibration"] is None else Calibration.from_dict(data["calibration"])
        rejected = tuple(Rejection(**rejection) for rejection in data["rejected"])
        return cls(**{**data, "calibration": calibration, "rejected": rejected})


def adapt_by_labels(
    store: Store, lessons: Lessons, dry_run: bool = False, on_stage: Stage = lambda _: None
) -> AdaptReport:
    """Learns an adaptation and a calibration from labeled photos, and activates them if they help.

    ``UsageError`` if no photo shows a product of the catalog.
    """
    began = time.perf_counter()
    on_stage("learning")
    products = products_in_catalog(store, lessons.products)
    usable = replace(lessons, items=tuple(lesson for lesson in lessons.items if lesson.product in products))
    gallery = gallery_of(store, products)
    labeled = Labeled.of(usable.vectors, usable.products, gallery.vectors, gallery.products)
    decision = choose(labeled)
    generation, calibration, reason = None, None, None
    if decision.projection is not None and not dry_run:
        generation = _write(store, decision.projection, decision.to_dict(), usable, on_stage)
        on_stage("calibrating")
        calibration, reason = _calibrated(store, generation, usable, labeled, decision)
    return AdaptReport(
        decision.to_dict(),
        generation,
        calibration,
        reason,
        unknown=len(lessons.items) - len(usable.items),
        rejected=lessons.rejections,
        seconds=time.perf_counter() - began,
    )


def adapt_by_photos(
    store: Store, photos: Lessons, dry_run: bool = False, on_stage: Stage = lambda _: None
) -> AdaptReport:
    """Learns from unlabeled photos how photos differ from the catalog. Refused if they do not differ."""
    began = time.perf_counter()
    on_stage("learning")
    manifest = store.manifest
    dim = manifest.vectors[own_generation(manifest)]
    vectors = photos.vectors if photos.items else np.empty((0, dim), np.float32)
    decision = choose_without_labels(vectors, gallery_of(store, ()).vectors)
    generation, reason = None, None
    if decision.projection is not None and not dry_run:
        generation = _write(store, decision.projection, decision.to_dict(), replace(photos, items=()), on_stage)
        reason = "photos without labels teach no probabilities; calibrate with labeled ones"
    return AdaptReport(
        decision.to_dict(),
        generation,
        uncalibrated=reason,
        rejected=photos.rejections,
        seconds=time.perf_counter() - began,
    )


def _write(store: Store, projection: Projection, decision: dict[str, JSON], lessons: Lessons, on_stage: Stage) -> str:
    on_stage("writing")
    origin = {
        "decision": decision,
        "products": sorted(set(lessons.products)),
        "contents": shortened([lesson.content for lesson in lessons.items]),
        **lessons.origin,
    }
    return write_generation(store, projection, origin)


def _calibrated(
    store: Store, generation: str, usable: Lessons, labeled: Labeled, decision: Decision
) -> tuple[Calibration | None, str | None]:
    """Calibrates a new generation with held-out photos; returns the calibration, or the reason why there is none."""
    if decision.setting is None:
        return None, "no setting was chosen"
    try:
        # One BLAS thread, as in ``choose``: threads slow down many small products.
        with one_blas_thread():
            sample = _held_out(usable, labeled, decision.setting)
        calibration = calibrate(sample, store.manifest.embedder.fingerprint, generation)
    except UsageError as error:
        return None, str(error)
    change_manifest(store, lambda now: calibrated_by_adaptation(now, calibration))
    return calibration, None


def _held_out(usable: Lessons, labeled: Labeled, setting: AdaptationSetting) -> Sample:
    compared = [lesson.compared for lesson in usable.items]
    if all(details is None for details in compared):
        return sample_of_adapted(labeled, setting)
    return sample_of_compared(labeled, setting, compared)
