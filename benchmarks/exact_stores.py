"""Stores of any size for ``exact.py``: real catalogs, what stands around them, and goods made of those.

Stores are kept in the cache folder: delete them there after a change of what is kept of a picture.
"""

from __future__ import annotations

import csv
import itertools
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from exact_pictures import CATALOGS, Photo, dashed
from filled import BATCH, cache_folder, mixtures

from sosie.details.base import Details
from sosie.details.codec import pack
from sosie.details.kept import seal, unpack_details
from sosie.details.vocabulary import shipped_vocabulary
from sosie.knowledge.generations import OWN
from sosie.stores.opening import open_store
from sosie.support.blas import one_blas_thread
from sosie.types import DETAILS, THUMBNAIL, VISUAL_WORDS, Record

DERIVED_UP_TO = 10_000
"""Larger stores have mixtures of the items up to here, except for those of the catalogs."""

NOISE = 0.3
"""Length of what is added to the embedding of a picture for one that is made of it."""

T = TypeVar("T")


def environment(checkout: Path) -> dict[str, str]:
    """The environment in which this checkout's code is imported."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([f"{checkout}/src", os.environ.get("PYTHONPATH", "")])}


def indexed(checkout: Path, name: str, photos: Iterable[Photo]) -> Path:
    """The store that ``sosie index`` of a checkout makes of files, each a product of its own."""
    folder = cache_folder() / f"exact/{name}.sosie"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    listing, aside = folder.with_suffix(".csv"), folder.with_name(f"making-{folder.name}")
    with listing.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "product_id", "image"])
        rows.writerows([photo.product, photo.product, photo.path] for photo in photos)
    shutil.rmtree(aside, ignore_errors=True)
    command = [sys.executable, "-m", "sosie", "index", str(listing), "--store", str(aside)]
    subprocess.run(command, env=environment(checkout), check=True, stdout=subprocess.DEVNULL)
    aside.rename(folder)
    return folder


def filled(size: int, real: Path) -> Path:
    """A store of so many items: those of ``real``, goods made of these, and mixtures of what is no catalog's."""
    folder = cache_folder() / f"exact/{size}.sosie"
    if folder.exists():
        return folder
    aside = folder.with_name(f"making-{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    source = open_store(str(real))
    store = open_store(str(aside), create=source.manifest)
    records = sorted(source.scan(None, fields=(OWN, DETAILS, VISUAL_WORDS, THUMBNAIL)), key=_is_distractor)
    source.close()
    goods = list(itertools.islice(itertools.chain(records, _derived(records)), min(size, DERIVED_UP_TO)))
    for start in range(0, len(goods), BATCH):
        store.upsert(goods[start : start + BATCH])
    for batch in mixtures([record for record in goods if _is_distractor(record)], size - len(goods)):
        store.upsert(batch)
    store.optimize()
    store.close()
    aside.rename(folder)
    return folder


def kept(name: str, make: Callable[[], T]) -> T:
    """What was made when it was first needed, from the cache folder."""
    file = cache_folder() / f"exact-{dashed(name)}.pickle"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = make()
        file.write_bytes(pickle.dumps(made))
        return made
    stored: T = pickle.loads(file.read_bytes())
    return stored


def mirror_image(details: Details, dice: np.random.Generator) -> Details:
    return details.mirrored()


def window(details: Details, dice: np.random.Generator) -> Details:
    """The points within half the width and height, somewhere, as seen in a mirror: not the product's any more."""
    size = np.array(details.size)
    corner = dice.uniform(0, 0.5, 2) * size
    inside = ((details.points >= corner) & (details.points < corner + size / 2)).all(axis=1)
    return details.where(inside).mirrored()


def _derived(records: Sequence[Record]) -> Iterator[Record]:
    """Mirror images and windows of pictures, as goods of their own."""
    dice = np.random.default_rng(0)
    for change in (mirror_image, *[window] * 8):
        for record in records:
            name = f"{record.item_id}~{dice.integers(2**40):x}"
            blobs = {THUMBNAIL: record.blobs[THUMBNAIL]}
            if DETAILS in record.blobs:
                blobs |= _kept_of(change(unpack_details(record.blobs[DETAILS]), dice))
            yield replace(record, item_id=name, product_id=name, vectors=_near(record, dice), blobs=blobs)


def _kept_of(details: Details) -> dict[str, bytes]:
    with one_blas_thread():
        words = shipped_vocabulary().describe(details)
    blobs = {DETAILS: seal() + pack(details)}
    return blobs if words is None else {**blobs, VISUAL_WORDS: words.to_bytes()}


def _near(record: Record, dice: np.random.Generator) -> dict[str, np.ndarray]:
    direction = dice.standard_normal(len(record.vectors[OWN]))
    vector = record.vectors[OWN] + NOISE * direction / np.linalg.norm(direction)
    return {OWN: (vector / np.linalg.norm(vector)).astype(np.float32)}


def _is_distractor(record: Record) -> bool:
    """Whether it is no product of a catalog, nor made of one."""
    return "~" in record.item_id or record.product_id.split("/")[0] not in CATALOGS
