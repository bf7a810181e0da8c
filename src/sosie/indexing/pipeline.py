"""The indexing run: workers process batches, and the calling thread writes their results in order."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sosie.errors import SourceError
from sosie.indexing.attributes import AttributeSchema
from sosie.indexing.batch import BatchWorker
from sosie.indexing.coverage import Coverage
from sosie.indexing.embedding import Fetched, Incoming, item_of
from sosie.indexing.removal import Removal
from sosie.indexing.target import Target
from sosie.indexing.writing import Writer
from sosie.sources.base import Source
from sosie.sources.report import Journal
from sosie.sources.streamed import StreamedSource
from sosie.support.batches import in_order
from sosie.types import IndexReport, Progress, Rejection

REMOVAL_BATCH = 1000
ITEMS_AT_ONCE = 16


def not_empty(
    stream: Iterable[Incoming | Rejection], source: Source, coverage: Coverage | None = None
) -> Iterator[Incoming | Rejection]:
    """Checks that the stream has an entry, and returns the whole stream; ``SourceError`` if it has none.

    A source without entries, such as a failed feed, must not empty a catalog. There are two exceptions. Without
    ``coverage`` (no ``sync``), a part of a source may be empty if the source has entries elsewhere. With ``coverage``,
    a source that cannot be read at all is allowed, because the report says that it could not be read.
    """
    entries = iter(stream)
    first = next(entries, None)
    if first is not None:
        return itertools.chain([first], entries)
    if coverage.gaps() if coverage else isinstance(source, StreamedSource) and source.is_idle_part():
        return iter(())
    expected = source.expected if isinstance(source, StreamedSource) else "at least one item"
    raise SourceError(f"there is nothing to index in {source}: expected {expected}; is it the right source?")


def run(
    stream: Iterable[Incoming | Rejection],
    worker: BatchWorker,
    writer: Writer,
    *,
    total: int | None = None,
    removal: Removal | None = None,
    workers: int | None = None,
    misfits: Journal | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> IndexReport:
    """Indexes the stream. With ``removal``, removes items that the source lacks.

    The stream must then come from ``removal.coverage``, which reads the source and records its items.

    With ``misfits``, an attribute value that does not fit the catalog is left out and counted there; without it, the
    item is rejected.

    Ctrl-C ends the run cleanly: written items stay, the report says ``interrupted``, and nothing is removed. The next
    run continues.
    """
    began = time.perf_counter()
    interrupted = False
    try:
        admitted = _admitted(stream, worker.store, writer, misfits)
        try:
            for outcomes in in_order(admitted, worker, ITEMS_AT_ONCE, workers):
                writer.write(outcomes)
                on_progress(Progress(writer.done, total, writer.rejected))
        finally:
            writer.flush()
        if removal is not None:
            _remove(worker.store, writer, removal)
    except KeyboardInterrupt:
        interrupted = True
    on_progress(Progress(writer.done, total, writer.rejected))
    return writer.report(time.perf_counter() - began, interrupted)


def _admitted(
    stream: Iterable[Incoming | Rejection], store: Target, writer: Writer, misfits: Journal | None
) -> Iterator[Incoming]:
    """The entries that fit, with attributes in the catalog's types; all others are rejected."""
    schema = AttributeSchema(store.manifest.attributes)
    for incoming in stream:
        if isinstance(incoming, Rejection):
            writer.reject(incoming)
            continue
        try:
            yield _with_attributes(incoming, schema, misfits)
        except SourceError as error:
            writer.reject(Rejection(item_of(incoming).item_id, "source", str(error)))


def _with_attributes(incoming: Incoming, schema: AttributeSchema, misfits: Journal | None) -> Incoming:
    item = item_of(incoming)
    admitted = replace(item, attributes=schema.admit(item.attributes, misfits))
    return Fetched(admitted, incoming.data) if isinstance(incoming, Fetched) else admitted


def _remove(store: Target, writer: Writer, removal: Removal) -> None:
    plan = removal.plan(record.item_id for record in store.scan())
    writer.keep(plan, removal.coverage.gaps())
    for start in range(0, len(plan.gone), REMOVAL_BATCH):
        writer.remove(plan.gone[start : start + REMOVAL_BATCH])
