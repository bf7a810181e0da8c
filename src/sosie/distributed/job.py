"""Runs the parts of an indexing job on Ray, and collects their reports."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from sosie.catalog import Catalog
from sosie.catalog.options import Callbacks
from sosie.distributed.cluster import connected, cores
from sosie.distributed.tally import ClusterTally, merged
from sosie.distributed.work import WorkSettings, index_part
from sosie.errors import SourceError, StoreUnavailable, UsageError
from sosie.images.fetch.options import FetchOptions
from sosie.indexing.pipeline import not_empty
from sosie.sources.base import Source
from sosie.sources.opening import open_source
from sosie.stores.opening import may_be_written_by_many
from sosie.types import IndexReport, Progress, Rejection

PARTS_PER_WORKER = 4
"""Number of parts for each worker.

With several, all workers end at about the same time, and little is lost with a worker. But every part reads the source
once, so more parts would read it more often.
"""
RETRIES = 3
"""Most retries of a part after its worker was lost or the store did not answer."""
POLL_SECONDS = 0.5
INTERRUPT_SECONDS = 30.0
Reports: TypeAlias = dict[int, IndexReport]
_TASK: dict[str, Any] = {
    "num_cpus": 1,
    "max_retries": RETRIES,
    "retry_exceptions": [StoreUnavailable, SourceError],
}


def index_on_ray(
    source: str | Path | Callable[[], Source],
    uri: str,
    *,
    address: str,
    workers: int | None = None,
    embedder: str | None = None,
    fetch: FetchOptions | None = None,
    details: bool | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_rejection: Callable[[Rejection], None] = lambda _: None,
) -> IndexReport:
    """Brings the catalog at ``uri`` up to date with a source, as ``Catalog.index`` does, on the cluster at ``address``.

    - ``source``: a path, or a function without arguments that opens a source. Every worker opens it.
    - ``workers``: the number of cores to use at once; None for all cores of the cluster.

    Every machine must reach the store. It must find the source, and pictures that are files, under the same path.
    ``UsageError`` for a store that only one machine can write, ``ClusterError`` if the cluster cannot be used.
    """
    if not may_be_written_by_many(uri):
        raise UsageError(
            f"--ray lets many machines write, but only one can write to {uri}: expected "
            "elasticsearch+http(s)://host:9200/name; leave --ray out, all cores of this machine are used anyway"
        )
    began = time.perf_counter()
    opening = partial(open_source, Path(source).absolute()) if isinstance(source, str | Path) else source
    opened = opening()
    not_empty(opened, opened)
    with Catalog(uri, embedder=embedder) as catalog:
        if catalog.exists():
            catalog.warm()
    settings, callbacks = WorkSettings(opening, uri, embedder, fetch, details), Callbacks(on_progress, on_rejection)
    with connected(address):
        reports, interrupted = _run(settings, opened.count(), workers, callbacks)
    in_order = (reports[number] for number in sorted(reports))
    return merged(in_order, time.perf_counter() - began, interrupted)


def _run(settings: WorkSettings, total: int | None, workers: int | None, callbacks: Callbacks) -> tuple[Reports, bool]:
    """The report of every finished part, and whether Ctrl-C interrupted the others."""
    import ray

    at_once = workers or cores()
    settings = replace(settings, parts=at_once * PARTS_PER_WORKER)
    tally: Any = ray.remote(num_cpus=0)(ClusterTally).remote(total)
    start = partial(ray.remote(**_TASK)(_part).remote, ray.put(settings), tally)
    waiting, running = deque(range(settings.parts)), dict[Any, int]()
    reports: Reports = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number = waiting.popleft()
                running[start(number)] = number
            for done in ray.wait(list(running), timeout=POLL_SECONDS)[0]:
                reports[running.pop(done)] = _with_rejections_reported(ray.get(done), callbacks)
            callbacks.on_progress(ray.get(tally.sum.remote()))
    except KeyboardInterrupt:
        return {**reports, **_interrupted(running, callbacks)}, True
    return reports, False


def _part(settings: WorkSettings, tally: Any, number: int) -> IndexReport:
    """Indexes one part on a worker, which reports its progress to the tally."""
    return index_part(settings, number, lambda now: tally.note.remote(number, now))


def _with_rejections_reported(report: IndexReport, callbacks: Callbacks) -> IndexReport:
    for rejection in report.rejected:
        callbacks.on_rejection(rejection)
    return report


def _interrupted(running: Mapping[Any, int], callbacks: Callbacks) -> Reports:
    """Cancels the running parts and collects their reports, as Ctrl-C does on one machine."""
    import ray
    from ray.exceptions import RayError

    for reference in running:
        ray.cancel(reference)
    ended, _ = ray.wait(list(running), num_returns=len(running), timeout=INTERRUPT_SECONDS) if running else ([], [])
    reports = {}
    for reference in ended:
        with suppress(RayError):
            reports[running[reference]] = _with_rejections_reported(ray.get(reference), callbacks)
    return reports
