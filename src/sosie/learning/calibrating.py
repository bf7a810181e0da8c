"""Calibrates a store with its own answers to labeled photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

import numpy as np

from sosie.calibration.fitting import UNKNOWN_SHARE, Sample, calibrate
from sosie.calibration.grouping import group_look_alikes
from sosie.calibration.model import WISHED_PRECISION, Calibration
from sosie.errors import UsageError
from sosie.knowledge.calibrations import calibrated
from sosie.knowledge.knowledge import knowledge_of
from sosie.knowledge.training import Training
from sosie.learning.answering import sample_of_answers
from sosie.learning.feedback import FeedbackLog
from sosie.learning.known import products_in_catalog
from sosie.searching.evidence import Considered
from sosie.searching.photos import Photos
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import EMBEDDING, JSON, Progress, Rejection, Vectors

_DEPTH = 20
_FEWEST_UNKNOWN = 30
_NONE_OF_OURS = ""


@dataclass(frozen=True, slots=True, eq=False)
class AnsweredPhoto:
    """A labeled photo with its answer, and the answer that a catalog without its product would give.

    ``vector`` is the photo's embedding before any adaptation, shape (dim,).
    """

    product: str
    content: str
    candidates: Considered
    candidates_without: Considered
    vector: Vectors


Batch: TypeAlias = tuple[list[AnsweredPhoto], tuple[Rejection, ...]]
"""Photos with their answers, and rejected photos."""


@dataclass(frozen=True, slots=True, eq=False)
class CalibrateReport:
    """The calibration, and the numbers of photos that it was learned from.

    - ``repeated``: photos that the adaptation was learned from; they are left out.
    - ``absent``: photos of products that are not in the catalog.
    - ``flattering``: True if missing products were simulated by products that the adaptation was learned from. It
      separates these more easily than really missing products, so the quality is optimistic.
    """

    calibration: Calibration
    photos: int
    absent: int
    repeated: int
    flattering: bool
    rejected: tuple[Rejection, ...]
    seconds: float

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return {
            "calibration": self.calibration.to_dict(),
            "photos": self.photos,
            "absent": self.absent,
            "repeated": self.repeated,
            "flattering": self.flattering,
            "rejected": [asdict(rejection) for rejection in self.rejected],
            "seconds": round(self.seconds, 3),
        }


def answer_photos(photos: Photos, searcher: Searcher) -> Batch:
    """Answers a batch of labeled photos. Only the evidence stays in memory."""
    considered = searcher.consider(photos.queries, _DEPTH)
    rows = zip(photos.items, photos.contents, considered, photos.queries, strict=True)
    answered = [
        AnsweredPhoto(item.product_id, content, candidates, candidates.without(item.product_id), query.vector)
        for item, content, candidates, query in rows
    ]
    return answered, photos.rejections


def with_progress(
    batches: Iterable[Batch], total: int | None, on_progress: Callable[[Progress], None]
) -> Iterator[Batch]:
    """Passes the batches on and reports progress."""
    done = rejected = 0
    for answered, rejections in batches:
        done, rejected = done + len(answered) + len(rejections), rejected + len(rejections)
        on_progress(Progress(done, total, rejected))
        yield answered, rejections


def answer_feedback(log: FeedbackLog, searcher: Searcher) -> list[AnsweredPhoto]:
    """Answers the pictures of feedback.

    A rejection counts only if the answer still begins with the rejected product.
    """
    answered = []
    queries = [Query(entry.vectors) for entry in log.entries]
    answers = searcher.consider(queries, _DEPTH)
    for entry, query, considered in zip(log.entries, queries, answers, strict=True):
        if entry.opinion == "confirmed":
            without = considered.without(entry.product_id)
            answered.append(AnsweredPhoto(entry.product_id, entry.content_sha256, considered, without, query.vector))
        elif considered.hits and considered.hits[0].record.product_id == entry.product_id:
            answered.append(AnsweredPhoto(_NONE_OF_OURS, entry.content_sha256, considered, considered, query.vector))
    return answered


def calibrate_store(
    store: Store,
    batches: Iterable[Batch],
    precision: float = WISHED_PRECISION,
    source: str | None = None,
) -> CalibrateReport:
    """Learns a calibration from answers to labeled photos, and activates it.

    ``source`` is the address of the photos; None if there is none. ``UsageError`` if there are too few photos, or if no
    photo shows a product of the catalog.
    """
    began = time.perf_counter()
    answered: list[AnsweredPhoto] = []
    rejected: list[Rejection] = []
    manifest = store.manifest
    for batch, rejections in batches:
        answered += batch
        rejected += rejections
    knowledge = knowledge_of(manifest)
    in_catalog, learned = products_in_catalog(store, {photo.product for photo in answered}), knowledge.training
    new_photos = [photo for photo in answered if not learned.includes_photo(photo.content)]
    if answered and not new_photos:
        raise UsageError(
            f"all of the photos, {len(answered)}, were used by the adaptation, which calibrated itself with them; "
            "calibrate with other photos of the kind that will be searched"
        )
    sample, flattering = _sample(new_photos, in_catalog, learned)
    calibration = calibrate(
        sample, manifest.embedder.fingerprint, manifest.active[EMBEDDING], precision,
        prior=knowledge.prior_calibration,
    )  # fmt: skip
    change_manifest(store, lambda now: calibrated(now, calibration, source))
    return CalibrateReport(
        calibration=calibration,
        photos=len(new_photos),
        absent=sum(photo.product not in in_catalog for photo in new_photos),
        repeated=len(answered) - len(new_photos),
        flattering=flattering,
        rejected=tuple(rejected),
        seconds=time.perf_counter() - began,
    )


def _sample(answered: Sequence[AnsweredPhoto], in_catalog: set[str], learned: Training) -> tuple[Sample, bool]:
    """A sample of answers for products in the catalog, and for missing products. Some of the latter are simulated.

    A missing product is simulated by leaving a product out. Products that the adaptation was learned from stay easy to
    recognize, so they are used only if there are too few others.
    """
    present = [photo for photo in answered if photo.product in in_catalog]
    missing = [(photo, photo.candidates) for photo in answered if photo.product not in in_catalog]
    simulated = [(photo, photo.candidates_without) for photo in present if photo.product not in learned.products]
    unknown = missing + simulated
    flattering = len(unknown) < _FEWEST_UNKNOWN
    if flattering:
        unknown += [(photo, photo.candidates_without) for photo in present if photo.product in learned.products]
    weight = UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * len(present) / max(len(unknown), 1)
    names = group_look_alikes([photo.product for photo in answered], _vectors(answered))
    groups = {id(photo): name for photo, name in zip(answered, names, strict=True)}
    catalog_sample = sample_of_answers(
        [photo.product for photo in present],
        [photo.candidates for photo in present],
        True,
        1.0,
        [groups[id(photo)] for photo in present],
    )
    missing_sample = sample_of_answers(
        [photo.product for photo, _ in unknown],
        [candidates for _, candidates in unknown],
        False,
        weight,
        [groups[id(photo)] for photo, _ in unknown],
    )
    return Sample.joined(catalog_sample, missing_sample), flattering


def _vectors(photos: Sequence[AnsweredPhoto]) -> Vectors:
    return np.stack([photo.vector for photo in photos]) if photos else np.empty((0, 1), np.float32)
