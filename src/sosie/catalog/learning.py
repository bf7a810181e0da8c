"""What a catalog learns from people and from labelled photos."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from sosie.catalog.asking import ask_source, query_of
from sosie.catalog.options import Crop
from sosie.catalog.reading import item_record
from sosie.catalog.resources import Resources
from sosie.errors import UsageError
from sosie.images.query import QueryImage, content_sha256, query_name
from sosie.learning.adapting import AdaptReport, Stage, adapt_by_labels, adapt_by_photos
from sosie.learning.calibrating import Batch, CalibrateReport, calibrate_store, counted, hear, hear_feedback
from sosie.learning.feedback import Feedback, FeedbackLog, Opinion, read_feedback, to_row
from sosie.learning.lessons import MOST_COMPARED, Lessons, Teaching, lessons_of
from sosie.searching.remembering import PhotoMemory
from sosie.searching.searcher import Searcher
from sosie.sources.base import Source
from sosie.sources.opening import opened
from sosie.stores.opening import photo_cache_file
from sosie.support.bounded_cache import BoundedCache
from sosie.support.urls import is_url
from sosie.types import EMBEDDING, JSON, Progress


def give_feedback(resources: Resources, opinion: Opinion, image: QueryImage, item_id: str, region: Crop) -> Feedback:
    """Record whether a picture shows the product of an item; ``ItemNotFound`` where there is none."""
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
    """What people said of answers, as far as it belongs to the store's embedder."""
    store = resources.store
    return read_feedback(store.feedback(), store.manifest.embedder.fingerprint)


def adapt_catalog(
    resources: Resources,
    labelled: Source | str | Path | None,
    unlabelled: Source | str | Path | None,
    dry_run: bool,
    workers: int | None,
    on_progress: Callable[[Progress], None],
    on_stage: Stage,
) -> AdaptReport:
    """Learn what tells the catalog's products apart; see ``CatalogProtocol.adapt``."""
    if labelled is not None and unlabelled is not None:
        raise UsageError("labelled and unlabelled photos were given: adapt with the labelled ones alone")
    feedback = None if unlabelled is not None else feedback_of(resources)
    source = labelled if labelled is not None else unlabelled
    if source is None and not (feedback and feedback.confirmed):
        raise UsageError(
            "there is nothing to learn from: name a source of labelled photos, or of unlabelled ones, or confirm "
            "answers first (`sosie confirm`)"
        )
    batches: Iterator[Lessons] = iter(())
    total, name = None, name_of_source(source)
    origin: dict[str, JSON] = {"fingerprint": resources.store.manifest.embedder.fingerprint}
    if source is not None:
        source = opened(source)
        total = source.count()
        compared = 0 if labelled is None else MOST_COMPARED
        knowledge = resources.knowledge
        memory = photo_memory_of(resources)
        teaching = Teaching(Searcher(resources.store, knowledge, memory), total, compared)
        batches = ask_source(resources, knowledge, source, teaching, workers, memory)
        origin |= {"source": name, "labelled": labelled is not None} if name else {}
    by_labels = labelled is not None or (feedback is not None and feedback.confirmed)
    lessons = lessons_of(batches, feedback, lambda done, bad: on_progress(Progress(done, total, bad)))
    learn = adapt_by_labels if by_labels else adapt_by_photos
    return learn(resources.store, replace(lessons, origin=origin), dry_run, on_stage)


def name_of_source(source: Source | str | Path | None) -> str | None:
    """Where a source lies, so that it can be opened again from another folder; None where it was not given by name."""
    if not isinstance(source, str | Path):
        return None
    return str(source) if is_url(str(source)) else str(Path(source).absolute())


def calibrate_catalog(
    resources: Resources,
    labelled: Source | str | Path | None,
    precision: float,
    workers: int | None,
    on_progress: Callable[[Progress], None],
) -> CalibrateReport:
    """Learn how probable answers are; see ``CatalogProtocol.calibrate``."""
    knowledge = resources.knowledge
    memory = photo_memory_of(resources)
    searcher = Searcher(resources.store, knowledge, memory)
    heard: Iterable[Batch] = [(hear_feedback(feedback_of(resources), searcher), ())]
    if labelled is not None:
        source = opened(labelled)
        photos = ask_source(resources, knowledge, source, lambda batch: hear(batch, searcher), workers, memory)
        heard = itertools.chain(counted(photos, source.count(), on_progress), heard)
    return calibrate_store(resources.store, heard, precision, name_of_source(labelled))


def photo_memory_of(resources: Resources) -> PhotoMemory | None:
    """Where what was computed of labeled photos is kept, None for a store that has no folder."""
    file = photo_cache_file(resources.uri)
    return None if file is None else PhotoMemory(BoundedCache(file))
