"""A source against a catalogue: what ``Catalog.index`` and ``Catalog.upsert`` do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import UsageError
from sosie.generations import first_manifest, generations_of
from sosie.indexing.batch import BatchWorker
from sosie.indexing.embedding import Incoming
from sosie.indexing.imprint import Imprint
from sosie.indexing.pipeline import Progress, not_empty, run
from sosie.indexing.remote import with_pictures
from sosie.indexing.target import Target
from sosie.indexing.writing import Writer
from sosie.sources.base import Source
from sosie.stores.base import Store
from sosie.stores.opening import open_replacement
from sosie.types import IndexReport, Manifest, Rejection
from sosie.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Filling:
    """How a source is to be indexed; see ``Catalog.index``."""

    sync: bool = False
    dry_run: bool = False
    workers: int | None = None
    on_progress: Callable[[Progress], None] = lambda _: None
    on_rejection: Callable[[Rejection], None] = lambda _: None


def fill(bench: Workbench, source: Source, how: Filling) -> IndexReport:
    """Bring the store up to date with a source; a new one is made when the first picture is written."""
    embedder = bench.embedder_for_indexing()
    target = bench.target(embedder.spec, how.dry_run)
    stream = not_empty(with_pictures(source, bench.fetch_options, bench.world), str(source))
    report = run(
        stream,
        _worker(bench, target, embedder, how.dry_run),
        Writer(target, how.dry_run, how.on_rejection),
        total=source.count(),
        sync=how.sync,
        workers=how.workers,
        on_progress=how.on_progress,
    )
    return report if how.dry_run or not bench.exists() else optimized(bench.store, report)


def fill_anew(bench: Workbench, source: Source, how: Filling) -> IndexReport:
    """Fill a new store that takes the old one's place, unless the run is interrupted or adds nothing."""
    if how.sync or how.dry_run:
        raise UsageError("--swap builds everything anew: it goes with neither --sync nor --dry-run")
    name = bench.embedder_name()
    with open_replacement(bench.uri, first_manifest(registry.load(name, threads=1).spec)) as replacement:
        report = fill(bench.beside(replacement.store, name), source, how)
        if report.added and not report.interrupted:
            replacement.commit()
    return report


def put(bench: Workbench, incoming: Iterable[Incoming]) -> IndexReport:
    """Add or replace single items of a store that is there, with the embedder of queries."""
    store = bench.store
    return run(incoming, _worker(bench, store, bench.embedder, False), Writer(store), workers=1)


def optimized(store: Store, report: IndexReport) -> IndexReport:
    """The report of a run, its store made quick to search; after Ctrl-C, or at one now, that is left to the next."""
    if report.interrupted:
        return report
    try:
        store.optimize()
    except KeyboardInterrupt:
        return replace(report, interrupted=True)
    return report


def imprint_of(manifest: Manifest) -> Imprint:
    """What the catalogue keeps of a picture, as its manifest stands now."""
    generations = generations_of(manifest)
    return Imprint(generations.names, generations.stored)


def _worker(bench: Workbench, target: Target, embedder: Embedder, dry_run: bool) -> BatchWorker:
    return BatchWorker(target, embedder, lambda: imprint_of(target.manifest), bench.limits, dry_run)
