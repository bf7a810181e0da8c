"""A new generation of the embedding is written beside the old one, and then answers in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from sosie.adaptation.projection import Projection
from sosie.errors import ManifestConflict
from sosie.generations import ADAPTATIONS, OWN, announced, check_kept, forgotten, newest, switched
from sosie.manifests import change_manifest
from sosie.stores.base import Store
from sosie.types import EMBEDDING, JSON, Record, Vectors

_BATCH = 1000


def write_generation(
    store: Store, projection: Projection, told: Mapping[str, JSON], on_items: Callable[[int], None] = lambda _: None
) -> str:
    """Project every item's own vector and let the new generation answer; its name.

    The new generation stands in the manifest before its first vector is written, so whoever indexes meanwhile writes
    it, too, and what slipped through before is filled in at the end. Searches never see it half filled. Adapted
    generations from before are dropped then; the embedder's own stays. Of two that are written at once one answers in
    the end, and the other has ``ManifestConflict``.
    """
    kept = Projection.from_bytes(projection.to_bytes())
    manifest = change_manifest(store, lambda now: announced(now, kept, told))
    name = newest(manifest)
    _fill(store, name, kept, on_items)
    store.optimize()
    change_manifest(store, lambda now: switched(now, name))
    _fill(store, name, kept)
    for old in manifest.settings[ADAPTATIONS]:
        if old != name:
            forget_generation(store, old)
    if store.manifest.active[EMBEDDING] != name:
        raise ManifestConflict(f"{name} answered until another adaptation, or an undoing, took its place meanwhile")
    return name


def undo_adaptation(store: Store) -> list[str]:
    """Let the embedder's own vectors answer again, and drop adapted generations; the names that were dropped."""
    adapted = [*store.manifest.settings.get(ADAPTATIONS, {})]
    change_manifest(store, lambda now: switched(now, OWN))
    for name in adapted:
        forget_generation(store, name)
    return adapted


def forget_generation(store: Store, name: str) -> None:
    """Drop one adapted generation, its vectors and its projection, unless it answers now."""
    if name not in change_manifest(store, lambda now: forgotten(now, name)).vectors:
        store.drop_vectors(name)


def _fill(store: Store, name: str, projection: Projection, on_items: Callable[[int], None] = lambda _: None) -> None:
    """Write the generation's vector of every item that lacks it."""
    done = 0
    for item_ids, own in _lacking(store, name):
        _put(store, name, item_ids, projection.gallery(own))
        done += len(item_ids)
        on_items(done)


def _put(store: Store, name: str, item_ids: list[str], vectors: Vectors) -> None:
    try:
        store.put_vectors(name, item_ids, vectors)
    except ValueError:
        check_kept(store.manifest, name)
        raise


def _lacking(store: Store, name: str) -> Iterator[tuple[list[str], Vectors]]:
    batch: list[Record] = []
    for record in store.scan(fields=(OWN, name)):
        if OWN in record.vectors and name not in record.vectors:
            batch.append(record)
        if len(batch) == _BATCH:
            yield _columns(batch)
            batch = []
    if batch:
        yield _columns(batch)


def _columns(batch: list[Record]) -> tuple[list[str], Vectors]:
    return [record.item_id for record in batch], np.stack([record.vectors[OWN] for record in batch])
