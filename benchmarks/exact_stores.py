"""Stores of any size for ``exact.py``: real catalogs, what stands around them, and goods made of those.

What was computed of pictures is kept in the cache folder.
"""

from __future__ import annotations

import itertools
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from exact_pictures import Photo, catalog, distractors
from filled import cache_folder, words_of_both

from sosie.details.aggregate import shipped_aggregator
from sosie.details.base import CATALOG_PICTURE, PHOTO, Details, ExtractionSettings
from sosie.details.codec import pack
from sosie.details.extract import extract
from sosie.details.kept import seal, unpack_details
from sosie.details.vocabulary import shipped_vocabulary
from sosie.embedders.base import Embedder
from sosie.images.transform import encode_thumbnail, pixels_of
from sosie.knowledge.details import VECTOR, with_details
from sosie.knowledge.generations import OWN, first_manifest
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.support.blas import one_blas_thread
from sosie.types import DETAILS, THUMBNAIL, VISUAL_WORDS, Record

CATALOGS = ("groceries", "jsk", "eshop", "beauty")
SMALL = 100
"""So many items, about, has a store with the catalog alone that the photos belong to."""

WHOLE_UP_TO = 10_000
"""Items of larger stores have words and vectors only, those beyond mixed of two others."""

BATCH = 500
NOISE = 0.3
"""Length of what is added to the embedding of a picture for one that is made of it."""

T = TypeVar("T")


@dataclass(frozen=True)
class Way:
    """How pictures get details, and whether candidates are found by visual words or by the aggregated vector."""

    name: str
    catalog: ExtractionSettings
    photo: ExtractionSettings
    words: bool = True


FIRST = ExtractionSettings(points=600, side=480, contrast=0.02)
WAYS = (Way("now", CATALOG_PICTURE, PHOTO), Way("as in 0.1.0", FIRST, FIRST, words=False))


def filled(embedder: Embedder, size: int, way: Way, catalog_name: str) -> Store:
    """A store of so many items, made once; at ``SMALL``, of this catalog alone."""
    of_what = catalog_name if size == SMALL else "all"
    folder = cache_folder() / f"exact-{size}-{of_what}-{dashed(way.name)}.sosie"
    if folder.exists():
        return open_store(str(folder))
    manifest = with_details(first_manifest(embedder.spec))
    if not way.words:
        manifest = replace(manifest, vectors={**manifest.vectors, VECTOR: shipped_aggregator().dim})
    aside = folder.with_name(f"making-{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    store = open_store(str(aside), create=manifest)
    records = (
        iter(kept(f"catalog {of_what} {way.name}", partial(catalog_records, embedder, of_what, way)))
        if size == SMALL
        else items(embedder, size, way)
    )
    while batch := list(itertools.islice(records, BATCH)):
        store.upsert([_found_in_this_way(record, way) for record in batch])
    store.optimize()
    store.close()
    aside.rename(folder)
    return open_store(str(folder))


def items(embedder: Embedder, size: int, way: Way) -> Iterator[Record]:
    """The catalogs' items, then distractors, then goods made of both, then mixtures of the distractors' words."""
    real = [
        record
        for name in CATALOGS
        for record in kept(f"catalog {name} {way.name}", partial(catalog_records, embedder, name, way))
    ]
    others = kept(f"distractors {way.name}", lambda: [record_of(embedder, one, way) for one in distractors()])
    every = itertools.islice(itertools.chain(real, others, _derived([*real, *others])), min(size, WHOLE_UP_TO))
    if size <= WHOLE_UP_TO:
        yield from every
        return
    light = [_words_alone(_found_in_this_way(record, way)) for record in every]
    yield from light
    yield from _mixtures(light[len(real) :], size - len(light))


def catalog_records(embedder: Embedder, name: str, way: Way) -> list[Record]:
    return [record_of(embedder, photo, way) for photo in catalog(name)]


def record_of(embedder: Embedder, photo: Photo, way: Way) -> Record:
    [vector] = embedder.embed(pixels_of([photo.picture], embedder.spec.transforms))
    details = seal() + pack(extract(photo.picture, way.catalog))
    blobs = {THUMBNAIL: encode_thumbnail(photo.picture), DETAILS: details}
    return Record(photo.product, photo.product, f"{photo.product}.jpg", vectors={OWN: vector}, blobs=blobs)


def kept(name: str, make: Callable[[], T]) -> T:
    """What was made when it was first needed, from the cache folder."""
    file = cache_folder() / f"exact-{dashed(name)}.pickle"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = make()
        file.write_bytes(pickle.dumps(made))
        return made
    found: T = pickle.loads(file.read_bytes())
    return found


def dashed(name: str) -> str:
    return name.replace(" ", "-").replace(",", "")


def _found_in_this_way(record: Record, way: Way) -> Record:
    if DETAILS not in record.blobs:
        return record
    details = unpack_details(record.blobs[DETAILS])
    with one_blas_thread():
        if not way.words:
            vector = shipped_aggregator().vector(details)
            return record if vector is None else replace(record, vectors={**record.vectors, VECTOR: vector})
        words = shipped_vocabulary().describe(details)
    return record if words is None else replace(record, blobs={**record.blobs, VISUAL_WORDS: words.to_bytes()})


def _derived(records: Sequence[Record]) -> Iterator[Record]:
    """Mirror images and windows of pictures, as goods of their own."""
    dice = np.random.default_rng(0)
    for change in (mirror_image, *[window] * 8):
        for record in records:
            details = change(unpack_details(record.blobs[DETAILS]), dice)
            name = f"{record.item_id}~{dice.integers(2**40):x}"
            blobs = {**record.blobs, DETAILS: seal() + pack(details)}
            yield replace(record, item_id=name, product_id=name, vectors=_near(record, dice), blobs=blobs)


def _mixtures(records: Sequence[Record], number: int) -> Iterator[Record]:
    """Goods with the words of two others; none has those of a catalog's product."""
    dice = np.random.default_rng(1)
    worded = [record for record in records if VISUAL_WORDS in record.blobs]
    for place in range(number):
        first, second = (worded[row] for row in dice.integers(0, len(worded), 2))
        words = words_of_both(first.blobs[VISUAL_WORDS], second.blobs[VISUAL_WORDS], dice)
        name = f"mixture-{place:06}"
        vectors, blobs = _near(first, dice), {VISUAL_WORDS: words}
        yield replace(first, item_id=name, product_id=name, vectors=vectors, blobs=blobs)


def _words_alone(record: Record) -> Record:
    return replace(record, blobs={name: data for name, data in record.blobs.items() if name == VISUAL_WORDS})


def _near(record: Record, dice: np.random.Generator) -> dict[str, np.ndarray]:
    direction = dice.standard_normal(len(record.vectors[OWN]))
    vector = record.vectors[OWN] + NOISE * direction / np.linalg.norm(direction)
    return {OWN: (vector / np.linalg.norm(vector)).astype(np.float32)}


def mirror_image(details: Details, dice: np.random.Generator) -> Details:
    return details.mirrored()


def window(details: Details, dice: np.random.Generator) -> Details:
    """The points within half the width and height, somewhere, as seen in a mirror: not the product's any more."""
    size = np.array(details.size)
    corner = dice.uniform(0, 0.5, 2) * size
    inside = ((details.points >= corner) & (details.points < corner + size / 2)).all(axis=1)
    return details.where(inside).mirrored()
