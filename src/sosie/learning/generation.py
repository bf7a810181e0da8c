"""A new generation of the embedding is written beside the old one, and then answers in its place."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from sosie.adaptation.projection import Projection
from sosie.errors import ManifestConflict
from sosie.knowledge.generations import (
    adapted_names,
    announced,
    check_kept,
    forgotten,
    newest,
    own_generation,
    switched,
)
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.types import EMBEDDING, JSON, Vectors

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
    fill_generation(store, name, kept, on_items=on_items)
    store.optimize()
    change_manifest(store, lambda now: switched(now, name))
    fill_generation(store, name, kept)
    for old in adapted_names(manifest):
        if old != name:
            forget_generation(store, old)
    if store.manifest.active[EMBEDDING] != name:
        raise ManifestConflict(f"{name} answered until another adaptation, or an undoing, took its place meanwhile")
    return name


def undo_adaptation(store: Store) -> list[str]:
    """Let the embedder's own vectors answer again, and drop adapted generations; the names that were dropped."""
    adapted = adapted_names(store.manifest)
    change_manifest(store, lambda now: switched(now, own_generation(now)))
    for name in adapted:
        forget_generation(store, name)
    return adapted


def forget_generation(store: Store, name: str) -> None:
    """Drop one adapted generation, its vectors and its projection, unless it answers now."""
    if name not in change_manifest(store, lambda now: forgotten(now, name)).vectors:
        store.drop_vectors(name)


def fill_generation(
    store: Store,
    name: str,
    projection: Projection,
    source: str | None = None,
    on_items: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the generation's vector of every item that lacks it.

    ``source`` names the generation that is projected, None for the own one of the embedder that answers.
    """
    done, source = 0, source or own_generation(store.manifest)
    for own in _lacking(store, name, source):
        _write(store, name, projection, own, source)
        done += len(own)
        on_items(done)


def _write(store: Store, name: str, projection: Projection, own: Mapping[str, Vectors], source: str) -> None:
    """Write the generation's vector of each item, from its own one.

    An item that gets a new picture between being read and being written would keep the vector of the old one. So each
    is read again afterwards; what is written later than that is written by whoever indexes.
    """
    while own:
        _put(store, name, [*own], projection.gallery(np.stack([*own.values()])))
        own = _changed(store, own, source)


def _changed(store: Store, own: Mapping[str, Vectors], source: str) -> dict[str, Vectors]:
    """The embedder's own vectors, as they stand now, of the items that have another one than these."""
    now = {record.item_id: record.vectors.get(source) for record in store.get([*own], (source,))}
    return {
        item_id: vector
        for item_id, vector in now.items()
        if vector is not None and not np.array_equal(vector, own[item_id])
    }


def _put(store: Store, name: str, item_ids: list[str], vectors: Vectors) -> None:
    try:
        store.put_vectors(name, item_ids, vectors)
    except ValueError:
        check_kept(store.manifest, name)
        raise


def _lacking(store: Store, name: str, own: str) -> Iterator[dict[str, Vectors]]:
    """The embedder's own vectors, by item_id and in batches, of the items without this generation's."""
    records = store.scan(fields=(own, name))
    lacking = ((one.item_id, one.vectors[own]) for one in records if own in one.vectors and name not in one.vectors)
    while batch := dict(itertools.islice(lacking, _BATCH)):
        yield batch
