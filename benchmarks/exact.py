"""Is the very product found among thousands, and is a product that the catalog lacks not called a match?

    PYTHONPATH=src:benchmarks python benchmarks/exact.py

Each photo is asked of stores that differ in nothing but how candidates of the same details are found: by the aggregated
vector of version 0.1.0, or by visual words. What the photos' pictures cost is kept in the cache folder.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
from exact_pictures import Photo, catalog, distractors, packages_on_shelves, planar, taken
from filled import cache_folder
from report import table, write_section

from sosie.details.aggregate import shipped_aggregator
from sosie.details.base import CATALOG_PICTURE, Details
from sosie.details.codec import pack
from sosie.details.extract import extract
from sosie.details.kept import seal, unpack_details
from sosie.details.vocabulary import shipped_vocabulary
from sosie.embedders.base import Embedder
from sosie.embedders.registry import load
from sosie.images.transform import encode_thumbnail, pixels_of
from sosie.knowledge.details import VECTOR, with_details
from sosie.knowledge.generations import OWN, first_manifest
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.judging import judge
from sosie.searching.query import Query, Questioner
from sosie.searching.searcher import Searcher
from sosie.searching.verifying import BUDGET, Verifier
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.support.blas import one_blas_thread
from sosie.types import DETAILS, THUMBNAIL, VISUAL_WORDS, Record

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/exact.py"
EMBEDDER = "mobilenet_v2"
SIZES = (1_000, 10_000)
BATCH = 500
NOISE = 0.3
"""Length of what is added to the embedding of a picture for one that is made of it."""

QUERIES: dict[str, Callable[[], Iterable[Photo]]] = {
    "packages, planar": partial(planar, "groceries"),
    "packages, curved": partial(planar, "groceries", bent=True),
    "packages, on shelves": partial(packages_on_shelves, 2),
    "jsk, planar": partial(planar, "jsk", 3),
    "jsk, crops": partial(taken, "jsk", "crop"),
    "eshop, planar": partial(planar, "eshop", 2),
    "eshop, curved": partial(planar, "eshop", 2, bent=True),
    "beauty, other views": partial(taken, "beauty", "", 2),
}
"""The first five were looked at while the words were chosen; eshop and beauty were not."""

WAYS = ("aggregated vector", "visual words")
EXPLANATION = f"""Catalog pictures of groceries, jsk, eshop and beauty (355 products) among distractors: clothes and
shelves, their mirror images and windows of them. Looks are `{EMBEDDER}` with four views; the first {BUDGET} candidates
are verified; probabilities are those of the shipped calibration. *@1*: hit rate of the whole answer. *among {BUDGET}*:
the product is among the first {BUDGET} that details alone find. *match right*: of the answers called a match, how many
are. *matched*: of all photos, how many got a match that is right. *absent matched*: the photo's product is taken out
of the answer; how often the rest is called a match. The first five sets were looked at while the words were chosen
(64-bit signatures, number of words, points, bits); eshop and beauty are only reported. *curved*: around a can.
Packages of groceries stand on the shelves among the distractors, too, so there *absent matched* counts photos of the
very product; for the other sets it does not."""

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What one photo got; only ``candidate`` where just candidates were asked for."""

    candidate: bool
    first: bool = False
    matched: bool = False
    absent_matched: bool = False
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--answers-up-to", type=int, default=SIZES[-1], help="in larger stores, candidates only")
    parser.add_argument("--sets", nargs="+", choices=QUERIES, default=[*QUERIES], metavar="SET")
    given = parser.parse_args()
    embedder = load(EMBEDDER, threads=1)
    rows = []
    for size in given.sizes:
        for name in given.sets:
            made = QUERIES[name]
            for way in WAYS:
                asked = partial(outcomes, embedder, size, way, name, made, size <= given.answers_up_to)
                found = kept(f"outcomes {size} {way} {name}", asked)
                rows.append([f"{size:,}", name, way, *shares(found, size <= given.answers_up_to)])
                print(rows[-1], flush=True)
    columns = ("items", "photos", "candidates by", "number", f"among {BUDGET}", "@1", "match right", "matched",
               "absent matched", "s a photo")  # fmt: skip
    write_section(
        "Exact products among thousands",
        f"{COMMAND} {shlex.join(sys.argv[1:])}".strip(),
        f"{EXPLANATION}\n\n{table(columns, rows)}",
    )


def outcomes(
    embedder: Embedder, size: int, way: str, name: str, made: Callable[[], Iterable[Photo]], whole: bool
) -> list[Outcome]:
    """What each photo of a set gets from a store of this size."""
    asked = kept(f"photos {name}", partial(questions, embedder, made))
    store = filled(embedder, size, way)
    found = [outcome(store, product, query, whole) for product, query in asked]
    store.close()
    return found


def shares(outcomes: Sequence[Outcome], whole: bool) -> list[str]:
    first, candidate, matched, absent, seconds = (
        np.array([getattr(one, name) for one in outcomes])
        for name in ("first", "candidate", "matched", "absent_matched", "seconds")
    )
    of_all = [str(len(outcomes)), f"{candidate.mean():.3f}"]
    if not whole:
        return [*of_all, *["–"] * 5]
    right = f"{(first & matched).sum()} of {matched.sum()}"
    return [
        *of_all, f"{first.mean():.3f}", right, f"{(first & matched).mean():.3f}", f"{absent.mean():.3f}",
        f"{np.median(seconds):.3f}",
    ]  # fmt: skip


def outcome(store: Store, product: str, query: Query, whole: bool) -> Outcome:
    knowledge = knowledge_of(store.manifest)
    [candidates] = Verifier(store, VECTOR in store.manifest.vectors).find([query], None)
    candidate = product in {hit.record.product_id for hit in candidates}
    if not whole:
        return Outcome(candidate)
    began = time.perf_counter()
    [considered] = Searcher(store, knowledge).consider([query], 10)
    answer = judge(considered, knowledge.calibration)
    seconds = time.perf_counter() - began
    return Outcome(
        candidate,
        first=answer.hits[0].record.product_id == product,
        matched=answer.verdict == "match",
        absent_matched=judge(considered.without(product), knowledge.calibration).verdict == "match",
        seconds=seconds,
    )


def questions(embedder: Embedder, photos: Callable[[], Iterable[Photo]]) -> list[tuple[str, Query]]:
    """The queries of photos, their details extracted."""
    questioner, asked = Questioner(embedder, detailed=True), []
    for photo in photos():
        [query] = questioner.embed([questioner.see([photo.picture])])
        assert isinstance(query, Query)
        for shot in query.shots:
            _ = shot.details
        asked.append((photo.product, query))
    return asked


def filled(embedder: Embedder, size: int, way: str) -> Store:
    """A store of so many items whose candidates are found in this way, made once."""
    folder = cache_folder() / f"exact-{size}-{way.replace(' ', '-')}.sosie"
    if folder.exists():
        return open_store(str(folder))
    manifest = with_details(first_manifest(embedder.spec))
    if way == WAYS[0]:
        manifest = replace(manifest, vectors={**manifest.vectors, VECTOR: shipped_aggregator().dim})
    aside = folder.with_name(f"making-{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    store = open_store(str(aside), create=manifest)
    records = kept(f"items {size}", lambda: list(items(embedder, size)))
    for start in range(0, len(records), BATCH):
        store.upsert([in_this_way(record, way) for record in records[start : start + BATCH]])
    store.optimize()
    store.close()
    aside.rename(folder)
    return open_store(str(folder))


def in_this_way(record: Record, way: str) -> Record:
    details = unpack_details(record.blobs[DETAILS])
    with one_blas_thread():
        if way == WAYS[0]:
            vector = shipped_aggregator().vector(details)
            return record if vector is None else replace(record, vectors={**record.vectors, VECTOR: vector})
        words = shipped_vocabulary().describe(details)
    return record if words is None else replace(record, blobs={**record.blobs, VISUAL_WORDS: words.to_bytes()})


def items(embedder: Embedder, size: int) -> Iterator[Record]:
    """The catalogs' items, then distractors until there are enough."""
    real = kept("catalogs", lambda: [record_of(embedder, one) for name in CATALOGS for one in catalog(name)])
    others = kept("distractors", lambda: [record_of(embedder, photo) for photo in distractors()])
    yield from itertools.islice(itertools.chain(real, others, derived([*real, *others])), size)


def derived(records: Sequence[Record]) -> Iterator[Record]:
    """Mirror images and windows of pictures, as goods of their own."""
    dice = np.random.default_rng(0)
    for change in (mirror_image, window, window, window, window, window, window):
        for record in records:
            details = change(unpack_details(record.blobs[DETAILS]), dice)
            name = f"{record.item_id}~{dice.integers(2**40):x}"
            vector = record.vectors[OWN] + NOISE * random_unit(dice, len(record.vectors[OWN]))
            vectors = {OWN: (vector / np.linalg.norm(vector)).astype(np.float32)}
            blobs = {**record.blobs, DETAILS: seal() + pack(details)}
            yield replace(record, item_id=name, product_id=name, vectors=vectors, blobs=blobs)


def mirror_image(details: Details, dice: np.random.Generator) -> Details:
    return details.mirrored()


def window(details: Details, dice: np.random.Generator) -> Details:
    """The points within half the width and height, somewhere, as seen in a mirror: not the product's any more."""
    size = np.array(details.size)
    corner = dice.uniform(0, 0.5, 2) * size
    inside = ((details.points >= corner) & (details.points < corner + size / 2)).all(axis=1)
    return details.where(inside).mirrored()


def random_unit(dice: np.random.Generator, dim: int) -> np.ndarray:
    direction = dice.standard_normal(dim)
    return direction / np.linalg.norm(direction)


def record_of(embedder: Embedder, photo: Photo) -> Record:
    [vector] = embedder.embed(pixels_of([photo.picture], embedder.spec.transforms))
    blobs = {
        THUMBNAIL: encode_thumbnail(photo.picture),
        DETAILS: seal() + pack(extract(photo.picture, CATALOG_PICTURE)),
    }
    return Record(photo.product, photo.product, f"{photo.product}.jpg", vectors={OWN: vector}, blobs=blobs)


def kept(name: str, make: Callable[[], T]) -> T:
    """What was made when it was first needed, from the cache folder."""
    file = cache_folder() / f"exact-{name.replace(' ', '-').replace(',', '')}.pickle"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        made = make()
        file.write_bytes(pickle.dumps(made))
        return made
    found: T = pickle.loads(file.read_bytes())
    return found


CATALOGS = ("groceries", "jsk", "eshop", "beauty")


if __name__ == "__main__":
    main()
