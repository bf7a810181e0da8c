"""A made-up shop in a store, and its photos as lessons."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sosie.knowledge.generations import OWN, first_manifest
from sosie.learning.lessons import Lesson, Lessons
from sosie.searching.photos import Photos
from sosie.searching.query import Query
from sosie.stores.base import Store
from sosie.stores.exact import ExactStore
from sosie.stores.local import open_local
from sosie.types import EmbedderSpec, Item, Manifest, Record, Transform
from support.worlds import World, make_world

SPEC = EmbedderSpec("made-up", "0" * 64, 48, (Transform(8, (0, 0, 0), (1, 1, 1)),))


def world() -> World:
    """Products with a dozen photos each."""
    return make_world(products=60, noise=2.0, shift=2.5)


def manifest() -> Manifest:
    """That of a new store for the made-up vectors."""
    return first_manifest(SPEC)


def shop_of(made: World, folder: Path | None = None) -> Store:
    """A store with the catalog pictures: in a folder, or in memory."""
    store = ExactStore(manifest()) if folder is None else open_local(folder, manifest())
    store.upsert(records_of(made))
    return store


def records_of(made: World) -> list[Record]:
    """The catalog pictures, one for each product."""
    rows = zip(made.gallery_products.tolist(), made.gallery, strict=True)
    return [Record(f"item of {name}", name, f"{name}.jpg", vectors={OWN: vector}) for name, vector in rows]


def content_of(row: int) -> str:
    """What stands for the bytes of a photo."""
    return hashlib.sha256(str(row).encode()).hexdigest()


def lessons_in(made: World, rows: Sequence[int] | None = None) -> Lessons:
    """The photos as lessons."""
    chosen = range(len(made.photos)) if rows is None else rows
    return Lessons(tuple(Lesson(str(made.products[row]), content_of(row), made.photos[row]) for row in chosen))


def photos_in(made: World, rows: Sequence[int] | None = None, size: int = 16) -> Iterator[Photos]:
    """The photos as a search would ask with them, in batches."""
    chosen = list(range(len(made.photos)) if rows is None else rows)
    for start in range(0, len(chosen), size):
        batch = chosen[start : start + size]
        items = tuple(Item(f"photo {row}", str(made.products[row]), "x.jpg") for row in batch)
        queries = tuple(Query(made.photos[row][np.newaxis]) for row in batch)
        yield Photos(items, tuple(map(content_of, batch)), queries, (), 0.0)
