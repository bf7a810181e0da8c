"""The vectors, queries and right answers on which all engines are compared.

The recipe: the pictures of some folders are embedded by ``mobilenet_v2`` (1,280 numbers). A vector of the collection
is a mixture of two of them, ``share`` of the first (drawn between a half and one) and the rest of the second, plus
noise of length 0.6, brought to unit length. Queries are mixtures of the same kind, drawn with another seed. Every
vector has a number between 0 and 100, drawn evenly, so that "below 10" is a filter that a tenth passes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filled import cache_folder

from sosie.embedders.registry import load
from sosie.images.decode import decode
from sosie.images.transform import pixels_of

NETWORK = "mobilenet_v2"
NOISE = 0.6
BLOCK = 10_000
QUERIES = 500
NEIGHBORS = 10
FILTERS = (100.0, 10.0, 1.0, 0.1)
"""Percent of the collection that passes each filter."""

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
Matrix = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Collection:
    """``vectors`` (n, dim) float16, mapped from disk; ``numbers`` (n,); ``queries`` (q, dim)."""

    folder: Path
    vectors: npt.NDArray[np.float16]
    numbers: Numbers
    queries: Matrix

    def blocks(self) -> Iterator[tuple[int, Matrix]]:
        """The vectors in parts: the place of the first, and the part as float32."""
        for start in range(0, len(self.vectors), BLOCK):
            yield start, np.asarray(self.vectors[start : start + BLOCK], np.float32)

    def right_answers(self, percent: float) -> tuple[Places, Numbers]:
        """The nearest ``NEIGHBORS`` of each query among those that pass the filter, and the score of the last."""
        saved = np.load(self.folder / f"answers-{percent:g}.npz")
        return saved["places"], saved["least"]


def make_collection(pictures: Sequence[Path], items: int, folder: Path) -> Collection:
    """The collection of this size in ``folder``, made if it is not there."""
    if not (folder / "made.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        real = embedded(pictures)
        _write_vectors(real, items, folder)
        _finish(folder, len(real))
    return open_collection(folder)


def adopt_collection(store: Path, pictures: Sequence[Path], folder: Path) -> Collection:
    """The collection of the vectors that ``scale.py`` keeps beside its store, filtered by its attribute ``share``."""
    if not (folder / "made.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "vectors.npy").unlink(missing_ok=True)
        (folder / "vectors.npy").symlink_to((store / "vectors.npy").resolve())
        np.save(folder / "numbers.npy", np.load(store / "numbers.npy")[:, 0].astype(np.float32))
        real = embedded(pictures)
        np.save(folder / "queries.npy", mixtures(real, QUERIES, np.random.default_rng(1)))
        _finish(folder, len(real))
    return open_collection(folder)


def open_collection(folder: Path) -> Collection:
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    return Collection(folder, vectors, np.load(folder / "numbers.npy"), np.load(folder / "queries.npy"))


def embedded(pictures: Sequence[Path]) -> Matrix:
    """The vectors of all pictures in some folders; kept in the cache folder, as they take a minute or two."""
    paths = sorted(path for folder in pictures for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    embedder = load(NETWORK, threads=1)
    listed = [embedder.spec.fingerprint, *(f"{path.resolve()} {path.stat().st_size}" for path in paths)]
    kept = cache_folder() / f"pictures-{hashlib.sha256('|'.join(listed).encode()).hexdigest()[:16]}.npy"
    if not kept.exists():
        transforms = embedder.spec.transforms
        vectors = [embedder.embed(pixels_of([decode(path.read_bytes())], transforms)) for path in paths]
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside = kept.with_suffix(".making.npy")
        np.save(aside, np.concatenate(vectors))
        aside.rename(kept)
    return np.asarray(np.load(kept), np.float32)


def _finish(folder: Path, pictures: int) -> None:
    collection = open_collection(folder)
    for percent in FILTERS:
        _write_answers(collection, percent)
    made = {"pictures": pictures, "items": len(collection.vectors), "embedder": NETWORK}
    (folder / "made.json").write_text(json.dumps(made), encoding="utf-8")


def _write_vectors(real: Matrix, items: int, folder: Path) -> None:
    random = np.random.default_rng(0)
    shape = (items, real.shape[1])
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", mode="w+", dtype=np.float16, shape=shape)
    for start in range(0, items, BLOCK):
        vectors[start : start + BLOCK] = mixtures(real, min(BLOCK, items - start), random)
    vectors.flush()
    np.save(folder / "numbers.npy", random.uniform(0, 100, items).astype(np.float32))
    np.save(folder / "queries.npy", mixtures(real, QUERIES, np.random.default_rng(1)))


def mixtures(real: Matrix, number: int, random: np.random.Generator) -> Matrix:
    first, second = real[random.integers(0, len(real), (2, number))]
    share = random.uniform(0.5, 1.0, (number, 1)).astype(np.float32)
    noise = random.normal(size=first.shape).astype(np.float32) * np.float32(NOISE / np.sqrt(real.shape[1]))
    mixed = share * first + (1 - share) * second + np.abs(noise)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _write_answers(collection: Collection, percent: float) -> None:
    scores = np.full((QUERIES, 0), 0, np.float32)
    places = np.full((QUERIES, 0), 0, np.int64)
    for start, block in collection.blocks():
        passing = np.flatnonzero(collection.numbers[start : start + BLOCK] < percent)
        scores = np.concatenate([scores, collection.queries @ block[passing].T], axis=1)
        places = np.concatenate([places, np.broadcast_to(start + passing, (QUERIES, len(passing)))], axis=1)
        best = np.argsort(-scores, axis=1)[:, :NEIGHBORS]
        scores, places = (np.take_along_axis(each, best, axis=1) for each in (scores, places))
    np.savez(collection.folder / f"answers-{percent:g}.npz", places=places, least=scores[:, -1])
