"""The run: batches through a bounded pool of workers, written in order.

A worker takes a whole batch through reading, decoding and embedding on its own core, which keeps every core busy
without hand-over between stages; the calling thread writes. What is in flight is bounded, so memory does not grow with
the catalogue.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from sosie.cores import usable_cores
from sosie.errors import SourceError
from sosie.indexing.batch import BatchWorker, Fetched, Incoming, Outcome, item_of
from sosie.indexing.writing import Writer
from sosie.schema import AttributeSchema
from sosie.stores.base import Store
from sosie.types import IndexReport, Rejection

REMOVAL_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in items; ``total`` is None where the source does not know."""

    done: int
    total: int | None
    rejected: int


def run(
    stream: Iterable[Incoming | Rejection],
    worker: BatchWorker,
    *,
    total: int | None = None,
    sync: bool = False,
    workers: int | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> IndexReport:
    """Index everything that comes; with ``sync`` remove what did not come.

    A source that holds nothing raises ``SourceError``, and nothing is removed. Ctrl-C ends the run cleanly: what was
    written stays, the report says ``interrupted``, nothing is removed, and the next run goes on from there.
    """
    began = time.perf_counter()
    writer = Writer(worker.store, worker.dry_run)
    seen: set[int] | None = set() if sync else None
    interrupted = False
    try:
        for outcome in _outcomes(_admitted(stream, worker.store, writer, seen), worker, workers):
            writer.write(outcome)
            on_progress(Progress(writer.done, total, writer.rejected))
        if not writer.done:
            raise SourceError("the source holds no items: expected at least one picture or row")
        if seen is not None:
            _remove_unseen(worker.store, writer, seen)
    except KeyboardInterrupt:
        interrupted = True
    on_progress(Progress(writer.done, total, writer.rejected))
    return writer.report(time.perf_counter() - began, interrupted)


def _admitted(
    stream: Iterable[Incoming | Rejection], store: Store, writer: Writer, seen: set[int] | None
) -> Iterator[Incoming]:
    """What may go on, with attributes in the catalogue's types; everything that came is marked as seen."""
    schema = AttributeSchema(store.manifest.attributes)
    for incoming in stream:
        item_id = incoming.item_id if isinstance(incoming, Rejection) else item_of(incoming).item_id
        if seen is not None:
            seen.add(hash(item_id))
        if isinstance(incoming, Rejection):
            writer.reject(incoming)
            continue
        try:
            yield _with_attributes(incoming, schema)
        except SourceError as error:
            writer.reject(Rejection(item_id, "source", str(error)))


def _with_attributes(incoming: Incoming, schema: AttributeSchema) -> Incoming:
    item = item_of(incoming)
    admitted = replace(item, attributes=schema.admit(item.attributes))
    return Fetched(admitted, incoming.data) if isinstance(incoming, Fetched) else admitted


def _outcomes(stream: Iterator[Incoming], worker: BatchWorker, workers: int | None) -> Iterator[Outcome]:
    """Outcomes in the order of the stream, with two batches in flight for every worker."""
    count = workers or usable_cores()
    pending: deque[Future[Outcome]] = deque()
    pool = ThreadPoolExecutor(count, thread_name_prefix="sosie-index")
    try:
        while batch := tuple(itertools.islice(stream, worker.embedder.batch_size)):
            pending.append(pool.submit(worker, batch))
            if len(pending) >= 2 * count:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _remove_unseen(store: Store, writer: Writer, seen: set[int]) -> None:
    gone = [record.item_id for record in store.scan() if hash(record.item_id) not in seen]
    for start in range(0, len(gone), REMOVAL_BATCH):
        writer.remove(gone[start : start + REMOVAL_BATCH])
