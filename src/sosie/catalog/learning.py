"""Learns from feedback and from labeled photos."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from sosie.catalog.asking import process_source, query_of
from sosie.catalog.options import Crop
from sosie.catalog.reading import item_record
from sosie.catalog.resources import Resources
from sosie.errors import UsageError
from sosie.images.query import QueryImage, content_sha256, query_name
from sosie.learning.adapting import AdaptReport, Stage, adapt_by_labels, adapt_by_photos
from sosie.learning.calibrating import (
    Batch,
    CalibrateReport,
    answer_feedback,
    answer_photos,
    calibrate_store,
    with_progress,
)
from sosie.learning.feedback import Feedback, FeedbackLog, Opinion, read_feedback, to_row
from sosie.learning.lessons import MOST_COMPARED, LessonMaker, Lessons, lessons_of
from sosie.learning.repeating import (
    digest_of_catalog,
    digest_of_run,
    read_repeated,
    remember_adaptation,
    was_adapted,
)
from sosie.searching.remembering import PhotoMemory
from sosie.searching.searcher import Searcher
from sosie.sources.base import Source
from sosie.sources.opening import opened
from sosie.stores.opening import photo_cache_file
from sosie.support.bounded_cache import BoundedCache
from sosie.support.urls import is_url
from sosie.types import EMBEDDING, JSON, Progress


def give_feedback(resources: Resources, opinion: Opinion, image: QueryImage, item_id: str, region: Crop) -> Feedback:
    """Records whether a picture shows the product of an item; ``ItemNotFound`` if there is no such item."""
    store = resources.store
    record, knowledge = item_record(store, item_id), resources.knowledge
    manifest = knowledge.manifest
    picture = resources.with_bytes(image)
    feedback = Feedback(
        opinion=opinion,
        item_id=item_id,
        product_id=record.product_id,
        query=query_name(image),
        content_sha256=content_sha256(picture, resources.limits),
        fingerprint=manifest.embedder.fingerprint,
        generation=manifest.active[EMBEDDING],
        vectors=query_of(resources, knowledge, picture, region).views,
    )
    store.add_feedback([to_row(feedback)])
    return feedback


def feedback_of(resources: Resources) -> FeedbackLog:
    """The feedback on answers of the store's current embedder."""
    store = resources.store
    return read_feedback(store.feedback(), store.manifest.embedder.fingerprint)


def adapt_catalog(
    resources: Resources,
    labeled: Source | str | Path | None,
    unlabeled: Source | str | Path | None,
    dry_run: bool,
    workers: int | None,
    on_progress: Callable[[Progress], None],
    on_stage: Stage,
) -> AdaptReport:
    """Adapts the embedding to the catalog; see ``CatalogProtocol.adapt``."""
    if labeled is not None and unlabeled is not None:
        raise UsageError("labeled and unlabeled photos were given: adapt with the labeled ones alone")
    feedback = None if unlabeled is not None else feedback_of(resources)
    source = labeled if labeled is not None else unlabeled
    if source is None and not (feedback and feedback.confirmed):
        raise UsageError(
            "there are no photos to learn from: give a source of labeled or unlabeled photos, or confirm "
            "answers first (`sosie confirm`)"
        )
    source, name = None if source is None else opened(source), name_of_source(source)
    digest_of = _digest_maker(resources, source, feedback, labeled is not None)
    digest = digest_of({}) if was_adapted(resources.store.manifest) else None
    repeated = None if digest is None else read_repeated(resources.store.manifest, digest)
    if repeated is not None:
        return repeated
    batches: Iterator[Lessons] = iter(())
    total = None
    origin: dict[str, JSON] = {"fingerprint": resources.store.manifest.embedder.fingerprint}
    if source is not None:
        total = source.count()
        compared = 0 if labeled is None else MOST_COMPARED
        knowledge = resources.knowledge
        memory = photo_memory_of(resources)
        teaching = LessonMaker(Searcher(resources.store, knowledge, memory), total, compared)
        batches = process_source(resources, knowledge, source, teaching, workers, memory)
        origin |= {"source": name, "labelled": labeled is not None} if name else {}
    by_labels = labeled is not None or (feedback is not None and feedback.confirmed)
    lessons = lessons_of(batches, feedback, lambda done, bad: on_progress(Progress(done, total, bad)))
    learn = adapt_by_labels if by_labels else adapt_by_photos
    report = learn(resources.store, replace(lessons, origin=origin), dry_run, on_stage)
    digest = None if dry_run else digest or digest_of(lessons.contents)
    if digest is not None:
        remember_adaptation(resources.store, digest, report)
    return report


def _digest_maker(
    resources: Resources, source: Source | None, feedback: FeedbackLog | None, labeled: bool
) -> Callable[[Mapping[str, str]], str | None]:
    """Returns a function from the contents of photos that were already read to the digest of an adaptation.

    The digest is of the catalog as it is now, even if the function is called later. The digest is None if pictures
    would have to be downloaded.
    """
    settings = [labeled, resources.options.quick, resources.knowledge.keeps_details]
    catalog, limits = digest_of_catalog(resources.store), resources.limits
    if catalog is None:
        return lambda _: None
    return lambda contents: digest_of_run(catalog, source or (), feedback, limits, settings, contents)


def name_of_source(source: Source | str | Path | None) -> str | None:
    """The absolute address of a source; None if it is an object without a name."""
    if not isinstance(source, str | Path):
        return None
    return str(source) if is_url(str(source)) else str(Path(source).absolute())


def calibrate_catalog(
    resources: Resources,
    labeled: Source | str | Path | None,
    precision: float,
    workers: int | None,
    on_progress: Callable[[Progress], None],
) -> CalibrateReport:
    """Calibrates probabilities; see ``CatalogProtocol.calibrate``."""
    knowledge = resources.knowledge
    memory = photo_memory_of(resources)
    searcher = Searcher(resources.store, knowledge, memory)
    batches: Iterable[Batch] = [(answer_feedback(feedback_of(resources), searcher), ())]
    if labeled is not None:
        source = opened(labeled)
        photos = process_source(
            resources, knowledge, source, lambda batch: answer_photos(batch, searcher), workers, memory
        )
        batches = itertools.chain(with_progress(photos, source.count(), on_progress), batches)
    return calibrate_store(resources.store, batches, precision, name_of_source(labeled))


def photo_memory_of(resources: Resources) -> PhotoMemory | None:
    """The cache for queries of labeled photos; None if the store has no folder."""
    file = photo_cache_file(resources.uri)
    return None if file is None else PhotoMemory(BoundedCache(file))
