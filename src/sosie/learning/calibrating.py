"""A store learns how sure it may be: from its own answers to labelled photos."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

from sosie.calibration import Calibration, Sample, calibrate
from sosie.calibration.fitting import UNKNOWN_SHARE, WISHED_PRECISION
from sosie.errors import UsageError
from sosie.knowledge.calibrations import calibrated
from sosie.knowledge.knowledge import knowledge_of
from sosie.knowledge.training import Training
from sosie.learning.answering import answered
from sosie.learning.feedback import FeedbackLog
from sosie.learning.known import known_products
from sosie.searching.evidence import Considered
from sosie.searching.photos import Photos
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import EMBEDDING, JSON, Progress, Rejection

_DEPTH = 20
_FEWEST_UNKNOWN = 30
_NONE_OF_OURS = ""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A labelled photo with its answer, and with the answer that it would get if the catalogue lacked its product."""

    product: str
    content: str
    found: Considered
    without: Considered


Batch: TypeAlias = tuple[list[Heard], tuple[Rejection, ...]]
"""Photos with their answers, and photos that got none."""


@dataclass(frozen=True, slots=True, eq=False)
class CalibrateReport:
    """What was learned, from how many photos.

    ``repeated`` photos taught the adaptation and are left out; ``absent`` ones show products that the catalogue does
    not have. ``flattering`` says that how unknown products look had to be learned from products that taught the
    adaptation, which it tells from the others more easily than really unknown ones.
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
            "rejected": [asdict(one) for one in self.rejected],
            "seconds": round(self.seconds, 3),
        }


def hear(photos: Photos, searcher: Searcher) -> Batch:
    """The answers to a batch of labelled photos; only the evidence of them stays in memory."""
    considered = searcher.consider(photos.queries, _DEPTH)
    rows = zip(photos.items, photos.contents, considered, strict=True)
    heard = [Heard(item.product_id, content, one, one.without(item.product_id)) for item, content, one in rows]
    return heard, photos.rejections


def counted(batches: Iterable[Batch], total: int | None, on_progress: Callable[[Progress], None]) -> Iterator[Batch]:
    """The same batches, with word of how far they have come."""
    done = rejected = 0
    for heard, rejections in batches:
        done, rejected = done + len(heard) + len(rejections), rejected + len(rejections)
        on_progress(Progress(done, total, rejected))
        yield heard, rejections


def hear_feedback(log: FeedbackLog, searcher: Searcher) -> list[Heard]:
    """The answers to pictures of which people said what they show.

    A rejected one is a picture of something else, so it counts where its answer still begins with what was rejected.
    """
    heard = []
    answers = searcher.consider([Query(entry.vectors) for entry in log.entries], _DEPTH)
    for entry, considered in zip(log.entries, answers, strict=True):
        if entry.opinion == "confirmed":
            without = considered.without(entry.product_id)
            heard.append(Heard(entry.product_id, entry.content_sha256, considered, without))
        elif considered.hits and considered.hits[0].record.product_id == entry.product_id:
            heard.append(Heard(_NONE_OF_OURS, entry.content_sha256, considered, considered))
    return heard


def calibrate_store(
    store: Store,
    batches: Iterable[Batch],
    precision: float = WISHED_PRECISION,
    source: str | None = None,
) -> CalibrateReport:
    """Learn probabilities from answers to labelled photos, and use them from now on.

    ``source`` is where the photos lie, None where that has no name. ``UsageError`` where they do not suffice, or show
    no product of the catalogue.
    """
    began = time.perf_counter()
    heard: list[Heard] = []
    rejected: list[Rejection] = []
    manifest = store.manifest
    for batch, rejections in batches:
        heard += batch
        rejected += rejections
    knowledge = knowledge_of(manifest)
    known, learned = known_products(store, {one.product for one in heard}), knowledge.training
    fresh = [one for one in heard if not learned.includes_photo(one.content)]
    if heard and not fresh:
        raise UsageError(
            f"all of the photos, {len(heard)}, taught the adaptation, which calibrated itself by holding them out in "
            "turn; calibrate with other photos of the kind that will be asked"
        )
    sample, flattering = _sample(fresh, known, learned)
    found = calibrate(
        sample, manifest.embedder.fingerprint, manifest.active[EMBEDDING], precision,
        prior=knowledge.shipped_calibration,
    )  # fmt: skip
    change_manifest(store, lambda now: calibrated(now, found, source))
    return CalibrateReport(
        calibration=found,
        photos=len(fresh),
        absent=sum(one.product not in known for one in fresh),
        repeated=len(heard) - len(fresh),
        flattering=flattering,
        rejected=tuple(rejected),
        seconds=time.perf_counter() - began,
    )


def _sample(heard: Sequence[Heard], known: set[str], learned: Training) -> tuple[Sample, bool]:
    """Answers to known products, and to ones that are missing: really, or because they are left out.

    A product that taught the adaptation stands out among the others even when it is left out, so such ones are left out
    only where there are too few others.
    """
    present = [one for one in heard if one.product in known]
    missing = [(one, one.found) for one in heard if one.product not in known]
    untaught = [(one, one.without) for one in present if one.product not in learned.products]
    unknown = missing + untaught
    flattering = len(unknown) < _FEWEST_UNKNOWN
    if flattering:
        unknown += [(one, one.without) for one in present if one.product in learned.products]
    weight = UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * len(present) / max(len(unknown), 1)
    asked = answered([one.product for one in present], [one.found for one in present], True, 1.0)
    lacking = answered([one.product for one, _ in unknown], [found for _, found in unknown], False, weight)
    return Sample.joined(asked, lacking), flattering
