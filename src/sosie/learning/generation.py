"""Writes a new generation of vectors beside the active one, and activates it."""

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
    store: Store, projection: Projection, origin: Mapping[str, JSON], on_items: Callable[[int], None] = lambda _: None
) -> str:
    """Projects the embedder's vector of every item, and activates the new generation; returns its name.

    The manifest has the new generation before its first vector is written, so processes that index meanwhile write it
    too. Vectors that are still missing are written at the end. No search uses an incomplete generation. Then earlier
    adapted generations are dropped. If two adaptations run at once, one becomes active, and the other raises
    ``ManifestConflict``.
    """
    stored_projection = Projection.from_bytes(projection.to_bytes())
    manifest = change_manifest(store, lambda manifest: announced(manifest, stored_projection, origin))
    name = newest(manifest)
    fill_generation(store, name, stored_projection, on_items=on_items)
    store.optimize()
    change_manifest(store, lambda manifest: switched(manifest, name))
    fill_generation(store, name, stored_projection)
    for old in adapted_names(manifest):
        if old != name:
            forget_generation(store, old)
    if store.manifest.active[EMBEDDING] != name:
        raise ManifestConflict(f"another adaptation or an undo replaced {name}; this run has no effect")
    return name


def undo_adaptation(store: Store) -> list[str]:
    """Activates the embedder's vectors again, and drops adapted generations; returns their names."""
    adapted = adapted_names(store.manifest)
    change_manifest(store, lambda now: switched(now, own_generation(now)))
    for name in adapted:
        forget_generation(store, name)
    return adapted


def forget_generation(store: Store, name: str) -> None:
    """Drops an adapted generation with its vectors and projection, unless it is active."""
    if name not in change_manifest(store, lambda now: forgotten(now, name)).vectors:
        store.drop_vectors(name)


def fill_generation(
    store: Store,
    name: str,
    projection: Projection,
    source: str | None = None,
    on_items: Callable[[int], None] = lambda _: None,
) -> None:
    """Writes the generation's vector for every item that lacks it.

    Vectors of the generation ``source`` are projected; None means the active embedder's vectors.
    """
    done, source = 0, source or own_generation(store.manifest)
    for own in _lacking(store, name, source):
        _write(store, name, projection, own, source)
        done += len(own)
        on_items(done)


def _write(store: Store, name: str, projection: Projection, own: Mapping[str, Vectors], source: str) -> None:
    """Writes the generation's vector of each item, computed from the vector in ``own``.

    An item may get a new picture between reading and writing, so each item is read again afterwards. Later changes are
    written by the process that indexes them.
    """
    while own:
        _put(store, name, [*own], projection.gallery(np.stack([*own.values()])))
        own = _changed(store, own, source)


def _changed(store: Store, own: Mapping[str, Vectors], source: str) -> dict[str, Vectors]:
    """The current vectors of the items whose vector is no longer the one in ``own``."""
    vectors = {record.item_id: record.vectors.get(source) for record in store.get([*own], (source,))}
    return {
        item_id: vector
        for item_id, vector in vectors.items()
        if vector is not None and not np.array_equal(vector, own[item_id])
    }


def _put(store: Store, name: str, item_ids: list[str], vectors: Vectors) -> None:
    try:
        store.put_vectors(name, item_ids, vectors)
    except ValueError:
        check_kept(store.manifest, name)
        raise


def _lacking(store: Store, name: str, own: str) -> Iterator[dict[str, Vectors]]:
    """The embedder's vectors of the items that lack the generation ``name``: by item_id, in batches."""
    records = store.scan(fields=(own, name))
    lacking = (
        (record.item_id, record.vectors[own])
        for record in records
        if own in record.vectors and name not in record.vectors
    )
    while batch := dict(itertools.islice(lacking, _BATCH)):
        yield batch
