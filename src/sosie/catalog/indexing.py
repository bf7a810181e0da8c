"""Indexes a source into the current store, or into a new store that replaces it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sosie.catalog.options import Callbacks, IndexOptions
from sosie.catalog.resources import Resources, check_same
from sosie.embedders import registry
from sosie.errors import SourceError, StoreNotFound
from sosie.indexing.batch import BatchWorker
from sosie.indexing.codes import CodeSurvey
from sosie.indexing.coverage import Coverage
from sosie.indexing.embedding import Incoming
from sosie.indexing.pipeline import not_empty, run
from sosie.indexing.remote import with_pictures
from sosie.indexing.retyping import forget_unused
from sosie.indexing.target import Target
from sosie.indexing.writing import Writer
from sosie.knowledge.codes import refuse_without_codes, remember_code_attribute
from sosie.knowledge.details import forget_aggregated_vector, keep_details, with_details, would_change
from sosie.knowledge.generations import first_manifest
from sosie.knowledge.imprint import Imprint
from sosie.knowledge.knowledge import knowledge_of
from sosie.knowledge.thumbnails import set_thumbnail_side, with_thumbnail_side
from sosie.sources.base import Source
from sosie.sources.report import Journal
from sosie.sources.streamed import attribute_names_of, report_of, typed_as
from sosie.stores.base import Store
from sosie.stores.opening import open_replacement
from sosie.support.wording import amount
from sosie.types import EmbedderSpec, IndexReport, Manifest


def index_source(resources: Resources, source: Source, options: IndexOptions, callbacks: Callbacks) -> IndexReport:
    """Brings the catalog up to date with a source; see ``CatalogProtocol.index``."""
    in_use = not options.swap and resources.exists()
    types = resources.store.manifest.attributes if in_use else {}
    source = typed_as(source, types)
    if options.codes_in is not None:
        refuse_without_codes(options.codes_in, source, types)
    if options.swap:
        return _swap(resources, source, options, callbacks)
    report = _fill(resources, source, options, callbacks)
    return report if options.dry_run or not resources.exists() else _name_codes(resources.store, options, report)


def count_entries(source: Source, sync: bool) -> int | None:
    """The number of entries of a source. With ``sync``, None if the source cannot be read to its end."""
    try:
        return source.count()
    except SourceError:
        if not sync:
            raise
        return None


def upsert_items(resources: Resources, incoming: Iterable[Incoming]) -> IndexReport:
    """Adds or replaces single items, durable on return; unchanged items are skipped."""
    store = resources.store
    embedder = resources.embedder_of(store.manifest)
    worker = BatchWorker(store, embedder, imprint_for(store, embedder.spec, resources.uri), resources.limits)
    return run(incoming, worker, Writer(store), workers=1)


def imprint_for(store: Target, spec: EmbedderSpec, uri: str) -> Callable[[], Imprint]:
    """The data to keep of new pictures by the current manifest; ``EmbedderMismatch`` if another embedder is active."""

    def imprint() -> Imprint:
        manifest = store.manifest
        check_same(manifest.embedder, spec, uri)
        return knowledge_of(manifest).imprint

    return imprint


def create_store(resources: Resources) -> bool:
    """Creates an empty store if there is none; returns True if it was created."""
    try:
        _ = resources.store
    except StoreNotFound:
        resources.make(_new_manifest(resources.embedder_for_indexing().spec, IndexOptions()))
        return True
    return False


def optimize_after_run(store: Store, report: IndexReport) -> IndexReport:
    """Optimizes the store after a complete run. Returns the report, marked if Ctrl-C interrupts it."""
    if report.interrupted:
        return report
    try:
        store.optimize()
    except KeyboardInterrupt:
        return replace(report, interrupted=True)
    return report


def _swap(resources: Resources, source: Source, options: IndexOptions, callbacks: Callbacks) -> IndexReport:
    name = resources.embedder_name()
    spec = registry.load(name, threads=1).spec
    manifest = with_thumbnail_side(resources.manifest_anew(_new_manifest(spec, options), spec), options.thumbnails)
    with open_replacement(resources.uri, manifest) as replacement:
        report = _fill(resources.with_store(replacement.store, name), source, options, callbacks)
        if report.added and not report.interrupted:
            report = _name_codes(replacement.store, options, report)
            replacement.commit()
    return report


def _fill(resources: Resources, source: Source, options: IndexOptions, callbacks: Callbacks) -> IndexReport:
    embedder = resources.embedder_for_indexing()
    coverage = Coverage(source) if options.sync else None
    codes = CodeSurvey(options.codes_in)
    pictured = with_pictures(codes.bring(coverage or source), resources.options.fetch, resources.options.world)
    stream = not_empty(pictured, source, coverage)
    new_details = _new_details_setting(resources, options)
    if new_details is not None and not options.dry_run:
        keep_details(resources.store, new_details)
    resized = resources.exists() and not options.dry_run and set_thumbnail_side(resources.store, options.thumbnails)
    target = resources.target(_new_manifest(embedder.spec, options), options.dry_run)
    worker = BatchWorker(
        target, embedder, imprint_for(target, embedder.spec, resources.uri), resources.limits, options.dry_run
    )
    misfits = Journal()
    report = run(
        stream, worker, Writer(target, options.dry_run, callbacks.on_rejection),
        total=count_entries(source, options.sync),
        removal=options.removal(coverage, callbacks.confirm_removal),
        workers=options.workers, misfits=misfits, on_progress=callbacks.on_progress,
    )  # fmt: skip
    report = replace(report, notes=(*report.notes, *misfits.report(report_of(source)).sentences(), *codes.notes()))
    if new_details is not None:
        notes = _details_notes(new_details, options.dry_run, resources.store, report)
        report = replace(report, notes=(*report.notes, *notes))
    if resized and report.unchanged:
        report = replace(report, notes=(*report.notes, "pictures that were indexed before keep their thumbnails"))
    if options.dry_run or not resources.exists():
        return report
    check_same(resources.store.manifest.embedder, embedder.spec, resources.uri)
    forget_aggregated_vector(resources.store)
    _forget_unused(resources.store, source, report)
    return optimize_after_run(resources.store, report)


def _new_manifest(spec: EmbedderSpec, options: IndexOptions) -> Manifest:
    """The manifest of a new catalog."""
    manifest = with_thumbnail_side(first_manifest(spec), options.thumbnails)
    return manifest if options.details is False else with_details(manifest)


def _forget_unused(store: Store, source: Source, report: IndexReport) -> None:
    """Drops attributes that no item has any more.

    If the attributes of the source are unknown, this is done only after a removal, because other runs may add
    attributes.
    """
    names = attribute_names_of(source)
    if report.removed or (report.updated and names is not None):
        forget_unused(store, store.manifest.attributes.keys() - (names or set()))


def _new_details_setting(resources: Resources, options: IndexOptions) -> bool | None:
    """The new setting for details; None if it does not change."""
    details = options.details
    if details is None or not resources.exists():
        return None
    return details if would_change(resources.store.manifest, details) else None


def _details_notes(kept: bool, dry_run: bool, store: Store, report: IndexReport) -> Iterator[str]:
    """Notes about the details of items that the store had before."""
    without = store.count() - report.added - report.updated - report.unchanged
    if dry_run:
        yield f"a real run would {'make the details of every item that comes' if kept else 'drop all details'}"
    elif not kept:
        yield (
            "all details were dropped, so exact products are distinguished only by the embedding; "
            "--details on makes them again"
        )
    elif without > 0:
        yield f"without details, because this run did not include them: {amount(without, 'item')}; index them again"


def _name_codes(store: Store, options: IndexOptions, report: IndexReport) -> IndexReport:
    return report if options.codes_in is None else remember_code_attribute(store, options.codes_in, report)
