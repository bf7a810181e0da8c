"""A large local store for benchmarks of searching, kept in a cache folder outside the clone so that it is made once.

The real part is what `sosie index` makes of the shop-floor photos and catalog pictures. All further items are
mixtures: of two photos' vectors, of the points in their packed details, and of their visual words, with the thumbnail
of the first. So every item has bytes of real size, and points that agree with a photo's lie among the best candidates.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from grocery import FOLDER

from sosie.catalog import Catalog
from sosie.details.kept import seal
from sosie.embedders.registry import DEFAULT
from sosie.stores.opening import open_store
from sosie.support.visual_words import VisualWords
from sosie.types import DETAILS, THUMBNAIL, VISUAL_WORDS, Record, Vectors

EMBEDDER = DEFAULT
LOOKS = "embedding@1"
TABLES = ("catalogue", "shopfloor_train")
BATCH = 200
NOISE = 0.6
"""Length of what is added to a mixture of two unit vectors."""

_HEADER = struct.Struct("<4sHHH")
"""As in ``sosie.details.codec``: mark, width, height, number of points; behind the seal."""


def cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "sosie-benchmarks"


def filled_store(items: int, details: bool) -> str:
    """The URI of a store of so many items, its snapshots built."""
    folder = cache_folder() / f"{items}-{EMBEDDER}{'' if details else '-plain'}.sosie"
    if not folder.exists():
        aside = folder.with_name(f"making-{folder.name}")
        shutil.rmtree(aside, ignore_errors=True)
        _fill(str(aside), items, details)
        aside.rename(folder)
    return str(folder)


def _fill(uri: str, items: int, details: bool) -> None:
    with Catalog(uri, embedder=EMBEDDER) as catalog:
        for table in TABLES:
            catalog.index(FOLDER / f"{table}.csv", details=details)
    store = open_store(uri)
    fields = (LOOKS, DETAILS, VISUAL_WORDS, THUMBNAIL) if details else (LOOKS, THUMBNAIL)
    real = [replace(record, product_id=record.item_id) for record in store.scan(fields=fields)]
    store.upsert(real)
    for batch in mixtures(real, items - len(real)):
        store.upsert(batch)
    store.optimize()
    store.close()


def mixtures(real: Sequence[Record], number: int) -> Iterator[list[Record]]:
    """``number`` items, each a mixture of two real ones, in batches."""
    random = np.random.default_rng(0)
    for start in range(0, number, BATCH):
        pairs = random.integers(0, len(real), (min(BATCH, number - start), 2))
        yield [
            _mixture(start + place, real[first], real[second], random)
            for place, (first, second) in enumerate(pairs.tolist())
        ]


def _mixture(number: int, first: Record, second: Record, random: np.random.Generator) -> Record:
    vectors = {
        name: _between(vector, second.vectors[name], random)
        for name, vector in first.vectors.items()
        if name in second.vectors
    }
    blobs = dict(first.blobs)
    if DETAILS in blobs:
        blobs[DETAILS] = _some_of_both(blobs[DETAILS], second.blobs[DETAILS], random)
    if VISUAL_WORDS in blobs and VISUAL_WORDS in second.blobs:
        blobs[VISUAL_WORDS] = words_of_both(blobs[VISUAL_WORDS], second.blobs[VISUAL_WORDS], random)
    item_id = f"mixture-{number:06}"
    return replace(
        first, item_id=item_id, product_id=item_id, content_sha256=f"{number:064}", vectors=vectors, blobs=blobs
    )


def _between(first: Vectors, second: Vectors, random: np.random.Generator) -> Vectors:
    share = random.uniform(0.5, 1.0)
    noise = random.normal(size=first.shape) * (NOISE / np.sqrt(first.size))
    mixed = share * first + (1 - share) * second + (np.abs(noise) if first.min() >= 0 else noise)
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def _some_of_both(first: bytes, second: bytes, random: np.random.Generator) -> bytes:
    """Packed details with the points of two pictures, as many as the first has."""
    mark, width, height, count = _HEADER.unpack_from(first, len(seal()))
    own, foreign = _points(first), _points(second)
    if not len(own) or not len(foreign):
        return first
    inside = (foreign[:, :4].copy().view("<u2") <= 16 * np.array([width, height])).all(axis=1)
    foreign = foreign[inside]
    taken = min(len(foreign), int(count * random.uniform(0.0, 0.5)))
    left = own[np.sort(random.permutation(len(own))[: len(own) - taken])]
    rows = np.concatenate([left, foreign[:taken]])
    return seal() + _HEADER.pack(mark, width, height, len(rows)) + rows.tobytes()


def words_of_both(first: bytes, second: bytes, random: np.random.Generator) -> bytes:
    """As many words as the first has, at most half of them those of the second."""
    own, foreign = VisualWords.from_bytes(first), VisualWords.from_bytes(second)
    taken = random.permutation(len(foreign))[: int(len(own) * random.uniform(0.0, 0.5))]
    left = random.permutation(len(own))[: len(own) - len(taken)]
    words = np.concatenate([own.words[left], foreign.words[taken]])
    return VisualWords.of_points(words, np.concatenate([own.signatures[left], foreign.signatures[taken]])).to_bytes()


def _points(sealed: bytes) -> np.ndarray:
    """A row of bytes for each point; the first four are its place."""
    *_, count = _HEADER.unpack_from(sealed, len(seal()))
    body = np.frombuffer(sealed, np.uint8, offset=len(seal()) + _HEADER.size)
    return body.reshape(count, -1) if count else np.empty((0, 0), np.uint8)
