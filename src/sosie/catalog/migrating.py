"""Migrates a catalog to another network while it remains in use."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sosie.catalog.options import do_nothing
from sosie.catalog.quality import evaluate_catalog
from sosie.catalog.relearning import Relearning
from sosie.catalog.resources import Resources, check_same
from sosie.embedders import registry
from sosie.embedders.base import Embedder
from sosie.errors import UsageError
from sosie.evaluation.comparison import EvaluationComparison, compare_evaluations
from sosie.evaluation.relevance import BY_PRODUCT, DEPTH
from sosie.indexing.embedding_anew import AnewEmbedder, EmbeddedAnew, PictureOptions
from sosie.knowledge.generations import read_generations, without_standby
from sosie.knowledge.migration import StandbyNetwork, read_standby, require_standby, with_networks_swapped, with_standby
from sosie.learning.generation import fill_generation
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.stores.view import with_manifest
from sosie.types import JSON, Manifest, Progress, Rejection

if TYPE_CHECKING:
    from sosie.learning.adapting import Stage
    from sosie.sources.base import Source


@dataclass(frozen=True, slots=True)
class MigrateReport:
    """The result of a migration.

    - ``embedder``: the network that is in use now; ``before`` is the network at the start. They are equal if nothing
      was switched: because some items got no vector (``rejected``), or because only a comparison was requested.
    - ``from_pictures``, ``from_thumbnails``: the numbers of vectors that this run computed.
    - ``notes``: sentences about feedback, adaptation and calibration.
    """

    embedder: str
    before: str
    from_pictures: int = 0
    from_thumbnails: int = 0
    rejected: tuple[Rejection, ...] = ()
    comparison: EvaluationComparison | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def switched(self) -> bool:
        """True if another network is in use now."""
        return self.embedder != self.before

    def to_dict(self) -> dict[str, JSON]:
        """The report as plain JSON."""
        return {
            **asdict(replace(self, comparison=None)),
            "switched": self.switched,
            "comparison": None if self.comparison is None else self.comparison.to_dict(),
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class MigrateOptions:
    """Options of a migration; see ``CatalogProtocol.migrate``."""

    thumbnails: bool = False
    compare: Source | str | Path | None = None
    workers: int | None = None
    on_progress: Callable[[Progress], None] = do_nothing
    on_stage: Stage = do_nothing


def migrate_catalog(resources: Resources, name: str, options: MigrateOptions) -> MigrateReport:
    """Embeds every item with another network while the current network answers, then switches."""
    store = resources.store
    embedder = registry.load(name, threads=1, device=resources.options.device)
    if embedder.spec.fingerprint == store.manifest.embedder.fingerprint:
        raise UsageError(f"{resources.uri} uses {name} already: give another network to migrate to")
    given_up = _make_room(store, embedder)
    report = _move(resources, embedder, options)
    return replace(report, notes=(*given_up, *report.notes))


def undo_migration(resources: Resources, options: MigrateOptions) -> MigrateReport:
    """Returns to the previous network. If a migration has not switched yet, drops its vectors instead.

    Items that were indexed since the switch are first embedded by the previous network. ``UsageError`` if there is
    nothing to undo.
    """
    store = resources.store
    standby = read_standby(store.manifest)
    if standby is None:
        raise UsageError(f"{resources.uri} keeps no other network than {store.manifest.embedder.name}: nothing to undo")
    if not standby.was_active:
        _drop_standby(store, standby)
        name = store.manifest.embedder.name
        return MigrateReport(name, name, notes=(f"dropped the vectors of {standby.embedder.name}",))
    embedder = registry.load(standby.embedder.name, threads=1, device=resources.options.device)
    check_same(standby.embedder, embedder.spec, resources.uri)
    return _move(resources, embedder, options)


def finish_migration(resources: Resources) -> list[str]:
    """Drops the vectors of the previous network; returns their names, such as ``embedding@1``. This cannot be undone.

    ``UsageError`` while a migration has not switched yet.
    """
    store = resources.store
    standby = read_standby(store.manifest)
    if standby is None:
        return []
    if not standby.was_active:
        raise UsageError(
            f"the migration of {resources.uri} to {standby.embedder.name} has not switched yet: "
            "run it again, or undo it"
        )
    _drop_standby(store, standby)
    return list(standby.names)


def _make_room(store: Store, embedder: Embedder) -> tuple[str, ...]:
    """Makes the network standby, and drops the vectors of another standby network; returns notes about it."""
    previous = read_standby(store.manifest)
    change_manifest(store, lambda now: with_standby(now, embedder.spec))
    if previous is None or previous.embedder.fingerprint == embedder.spec.fingerprint:
        return ()
    for name in previous.names:
        store.drop_vectors(name)
    return (
        f"the vectors of {previous.embedder.name} were dropped: a store has only one network besides the current one",
    )


def _move(resources: Resources, embedder: Embedder, options: MigrateOptions) -> MigrateReport:
    began, store = time.perf_counter(), resources.store
    before, fingerprint = store.manifest, embedder.spec.fingerprint
    standby = require_standby(before, fingerprint)
    filling = _Filling(resources, embedder, standby, options)
    filling.fill()
    unchanged = replace(
        _report_of(filling.done, before.embedder.name, before.embedder.name), seconds=time.perf_counter() - began
    )
    if filling.done.rejected:
        return unchanged
    options.on_stage("preparing to search")
    store.optimize()
    filling.fill()
    if options.compare is not None:
        return replace(unchanged, comparison=_compare(resources, before, fingerprint, options.compare, options))
    relearning = Relearning(resources, before, options.workers, options.on_progress, options.on_stage)
    notes = relearning.move_feedback(fingerprint)
    change_manifest(store, lambda now: with_networks_swapped(now, fingerprint))
    resources.forget_named_embedder()
    filling.fill()
    notes += () if standby.was_active else relearning.learn()
    report = _report_of(filling.done, embedder.spec.name, before.embedder.name)
    return replace(report, notes=notes, seconds=time.perf_counter() - began)


class _Filling:
    """Fills the missing vectors of every generation of the new network."""

    def __init__(
        self, resources: Resources, embedder: Embedder, standby: StandbyNetwork, options: MigrateOptions
    ) -> None:
        opening = resources.options
        pictures = PictureOptions(options.thumbnails, resources.limits, opening.fetch, opening.world, options.workers)
        self._store = resources.store
        self._standby = standby
        self._options = options
        self._anew = AnewEmbedder(resources.store, embedder, standby.own, pictures)

    @property
    def done(self) -> EmbeddedAnew:
        """The result of embedding so far."""
        return self._anew.done

    def fill(self) -> None:
        total = self._store.count()
        self._anew.fill(lambda done, bad: self._options.on_progress(Progress(done + bad, total, bad)))
        if not self._standby.adaptations:
            return
        manifest, fingerprint = self._store.manifest, self._standby.embedder.fingerprint
        for name, projection in read_generations(with_networks_swapped(manifest, fingerprint)).projections.items():
            fill_generation(self._store, name, projection, self._standby.own)


def _compare(
    resources: Resources,
    before: Manifest,
    fingerprint: str,
    photos: Source | str | Path,
    options: MigrateOptions,
) -> EvaluationComparison:
    """Compares the new network with the current one on labeled photos."""
    evaluations = []
    for manifest in (before, with_networks_swapped(resources.store.manifest, fingerprint)):
        options.on_stage(f"asking {manifest.embedder.name}")
        view = resources.with_store(with_manifest(resources.store, manifest), manifest.embedder.name)
        evaluations.append(
            evaluate_catalog(view, photos, BY_PRODUCT, False, (), DEPTH, options.workers, options.on_progress)
        )
    return compare_evaluations(*evaluations)


def _report_of(done: EmbeddedAnew, embedder: str, before: str) -> MigrateReport:
    rejected = tuple(done.rejected.values())
    return MigrateReport(embedder, before, done.from_pictures, done.from_thumbnails, rejected)


def _drop_standby(store: Store, standby: StandbyNetwork) -> None:
    change_manifest(store, lambda now: without_standby(now) if read_standby(now) == standby else now)
    if read_standby(store.manifest) is None:
        for name in standby.names:
            store.drop_vectors(name)
