"""Is the very product found among thousands, and is a product that the catalog lacks not called a match?

    PYTHONPATH=src:benchmarks python benchmarks/exact.py

Each photo is asked of stores as they are now and as they were in version 0.1.0: other sizes of pictures and numbers of
points, and candidates by one vector for all details in place of visual words. Results are kept in the cache folder.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from curve import curve
from exact_pictures import Photo, packages_on_shelves, planar, taken
from exact_stores import SMALL, WAYS, WHOLE_UP_TO, Way, filled, kept
from PIL import Image
from report import table, write_section

from sosie.details.base import Details
from sosie.details.extract import extract
from sosie.embedders.base import Embedder
from sosie.embedders.registry import load
from sosie.knowledge.details import VECTOR
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.judging import judge
from sosie.searching.query import Query, QueryMaker, Shot
from sosie.searching.searcher import Searcher
from sosie.searching.verifying import PRODUCTS_BY_DETAILS, Verifier
from sosie.stores.base import Store
from sosie.types import Vectors

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/exact.py"
CURVE = Path(__file__).resolve().parents[1] / "docs/images/exact-by-size.svg"
EMBEDDER = "mobilenet_v2"
SIZES = (SMALL, 1_000, 10_000, 100_000)

QUERIES: dict[str, tuple[str, Callable[[], Iterable[Photo]]]] = {
    "packages, planar": ("groceries", partial(planar, "groceries")),
    "packages, curved": ("groceries", partial(planar, "groceries", bent=True)),
    "packages, on shelves": ("groceries", partial(packages_on_shelves, 2)),
    "jsk, planar": ("jsk", partial(planar, "jsk", 3)),
    "jsk, crops": ("jsk", partial(taken, "jsk", "crop")),
    "jsk, whole scenes": ("jsk", partial(taken, "jsk", "scene")),
    "eshop, planar": ("eshop", partial(planar, "eshop", 2)),
    "eshop, curved": ("eshop", partial(planar, "eshop", 2, bent=True)),
    "beauty, other views": ("beauty", partial(taken, "beauty", "", 2)),
}

EXPLANATION = f"""Catalog pictures of groceries, jsk, eshop and beauty (355 products) among distractors: clothes and
shelves, their mirror images and windows of them; {SMALL} items are the catalog alone that the photos belong to (73 to
101), and beyond {WHOLE_UP_TO:,} items come mixtures of the distractors' words, so that only candidates are counted
there. Looks are `{EMBEDDER}` with four views; the first {PRODUCTS_BY_DETAILS} candidates are verified; probabilities
are those of the shipped calibration. *@1*: hit rate of the whole answer. *among {PRODUCTS_BY_DETAILS}*: the product is
among the first {PRODUCTS_BY_DETAILS} that details alone find. *match right*: of the answers called a match, how many
are. *matched*: of all photos, how many got a match that is right. *absent matched*: the photo's product is taken out
of the answer; how often the rest is called a match. *curved*: around a can. Words were chosen on packages and jsk,
sizes of pictures on other photos of packages, and on other drawn photos of eshop and jsk. Beauty, the curved eshop
pictures and these photos of all sets are only reported. Packages of groceries stand on the shelves among the
distractors, too, so there *absent matched* counts photos of the very product; for the other sets it does not."""


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
    parser.add_argument("--sets", nargs="+", choices=QUERIES, default=[*QUERIES], metavar="SET")
    given = parser.parse_args()
    embedder = load(EMBEDDER, threads=1)
    rows, lines = [], {name: {way.name: [] for way in WAYS} for name in given.sets}
    for size in given.sizes:
        whole = size <= WHOLE_UP_TO
        for way in WAYS if whole else WAYS[:1]:
            for name in given.sets:
                found = kept(f"outcomes {size} {way.name} {name}", partial(outcomes, embedder, size, way, name, whole))
                rows.append([f"{size:,}", name, way.name, *shares(found, whole)])
                if whole:
                    lines[name][way.name].append((size, np.mean([one.first for one in found])))
                print(rows[-1], flush=True)
    columns = ("items", "photos", "way", "number", f"among {PRODUCTS_BY_DETAILS}", "@1", "match right", "matched",
               "absent matched", "s of core")  # fmt: skip
    body = f"{EXPLANATION}\n\n{table(columns, sorted(rows, key=lambda row: given.sets.index(row[1])))}"
    write_section("Exact products among thousands", f"{COMMAND} {shlex.join(sys.argv[1:])}".strip(), body)
    draw(lines)


def draw(lines: Mapping[str, Mapping[str, list[tuple[float, float]]]]) -> None:
    least = min((y for of_set in lines.values() for line in of_set.values() for _, y in line), default=0)
    CURVE.write_text(curve(lines, "items in the catalog", "right at first place", np.floor(10 * least) / 10))


def outcomes(embedder: Embedder, size: int, way: Way, name: str, whole: bool) -> list[Outcome]:
    """What each photo of a set gets from a store of this size."""
    catalog_name, photos = QUERIES[name]
    seen = kept(f"photos {name}", partial(looked_at, embedder, photos))
    details = kept(f"details {way.name} {name}", lambda: [extract(picture, way.photo) for _, _, picture in seen])
    store = filled(embedder, size, way, catalog_name)
    found = [
        outcome(store, product, query_of(views, picture, of_photo), whole)
        for (product, views, picture), of_photo in zip(seen, details, strict=True)
    ]
    store.close()
    return found


def looked_at(embedder: Embedder, photos: Callable[[], Iterable[Photo]]) -> list[tuple[str, Vectors, Image.Image]]:
    """The product, the views' vectors and the picture of each photo."""
    questioner, seen = QueryMaker(embedder, detailed=True), []
    for photo in photos():
        [query] = questioner.embed([questioner.prepare([photo.picture])])
        assert isinstance(query, Query)
        seen.append((photo.product, query.views, photo.picture))
    return seen


def query_of(views: Vectors, picture: Image.Image, details: Details) -> Query:
    shot = Shot.of(picture)
    shot.__dict__["details"] = details
    return Query(views, (shot,))


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
    began = time.process_time()
    [considered] = Searcher(store, knowledge).consider([query], 10)
    answer = judge(considered, knowledge.calibration)
    seconds = time.process_time() - began
    return Outcome(
        candidate,
        first=answer.hits[0].record.product_id == product,
        matched=answer.verdict == "match",
        absent_matched=judge(considered.without(product), knowledge.calibration).verdict == "match",
        seconds=seconds,
    )


if __name__ == "__main__":
    main()
