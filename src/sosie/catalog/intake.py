"""A run of indexing on a workbench: what the facade and a swap share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sosie.catalog.workbench import Workbench
from sosie.indexing.batch import BatchWorker
from sosie.indexing.pipeline import not_empty, run
from sosie.indexing.remote import with_pictures
from sosie.indexing.target import Target
from sosie.indexing.writing import Writer
from sosie.knowledge.details import VECTOR, detailer_of, keep_details, would_change
from sosie.knowledge.generations import generations_of
from sosie.knowledge.imprint import Imprint
from sosie.sources.base import Source
from sosie.stores.base import Store
from sosie.support.wording import amount
from sosie.types import IndexReport, Progress, Rejection


@dataclass(frozen=True, slots=True)
class Watching:
    """How many threads work, and who hears of it."""

    workers: int | None
    on_progress: Callable[[Progress], None]
    on_rejection: Callable[[Rejection], None]


def index(
    bench: Workbench,
    source: Source,
    watching: Watching,
    sync: bool = False,
    dry_run: bool = False,
    details: bool | None = None,
) -> IndexReport:
    """Bring the store up to date with a source, then make it quick to search; see ``Catalog.index``."""
    embedder = bench.embedder_for_indexing()
    stream = not_empty(with_pictures(source, bench.fetch_options, bench.world), source, sync)
    becoming = details if details is not None and bench.exists and would_change(bench.store.manifest, details) else None
    if becoming is not None and not dry_run:
        keep_details(bench.store, becoming)
    target = bench.target(embedder.spec, dry_run, details is not False)
    worker = BatchWorker(target, embedder, lambda: imprint_of(target), bench.limits, dry_run)
    writer = Writer(target, dry_run, watching.on_rejection)
    report = run(
        stream, worker, writer,
        total=source.count(), sync=sync, workers=watching.workers, on_progress=watching.on_progress,
    )  # fmt: skip
    if becoming is not None:
        report = replace(report, notes=tuple(_told_of_details(becoming, dry_run, bench.store, report)))
    return report if dry_run or not bench.exists else optimized(bench.store, report)


def _told_of_details(kept: bool, dry_run: bool, store: Store, report: IndexReport) -> Iterator[str]:
    """What became of the details of items that were there already."""
    without = store.count() - report.added - report.updated - report.unchanged
    if dry_run:
        yield f"a real run would {'make the details of every item that comes' if kept else 'drop all details'}"
    elif not kept:
        yield "all details were dropped, so exact products are told apart by looks alone; --details on makes them anew"
    elif without > 0:
        yield f"still without details, as they did not come in this run: {amount(without, 'item')}; index them again"


def optimized(store: Store, report: IndexReport) -> IndexReport:
    """The report of a run, its store made quick to search; after Ctrl-C, and at one now, the next run does that."""
    if report.interrupted:
        return report
    try:
        store.optimize()
    except KeyboardInterrupt:
        return replace(report, interrupted=True)
    return report


def imprint_of(store: Target) -> Imprint:
    """What the catalogue keeps of a picture, as its manifest stands now."""
    manifest = store.manifest
    generations = generations_of(manifest)
    return Imprint(generations.names, generations.stored, detailer_of(manifest), VECTOR)
