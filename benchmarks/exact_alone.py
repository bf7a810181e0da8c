"""How well details alone find the exact product, by the size of the catalog: no network, no store, all in memory.

    PYTHONPATH=src:benchmarks python benchmarks/exact_alone.py

``exact.py`` searches whole stores, with looks and verdicts, and takes an hour; this takes some minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from exact_pictures import CATALOGS, Photo, catalog, distractors, drawn, taken
from exact_stores import kept, mirror_image, window
from filled import words_of_both
from report import table, write_section

from sosie.details.base import CATALOG_PICTURE, PHOTO, Details
from sosie.details.codec import pack, unpack
from sosie.details.extract import extract
from sosie.details.verify import verify
from sosie.details.vocabulary import shipped_vocabulary
from sosie.searching.verifying import PRODUCTS_BY_DETAILS
from sosie.stores.local.snapshots.inverted import InvertedFile, invert
from sosie.support.blas import one_blas_thread
from sosie.support.visual_words import VisualWords

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/exact_alone.py"
SIZES = (100, 1_000, 10_000, 100_000)
VERIFIED = 16
"""So many of the candidates by details are verified in a search."""

EXPLANATION = f"""Catalog pictures of groceries, jsk, eshop and beauty among clothes and shelves (3,041 pictures),
their mirror images and windows of those (9,123), and beyond them mixtures of the words of two pictures that are no
product's. With 100 items, the catalog alone that the photos belong to (73 to 101). No looks: *among
{PRODUCTS_BY_DETAILS}* counts products among the first {PRODUCTS_BY_DETAILS} by visual words, *@1* those that have most
agreeing points of the first {VERIFIED}. Mixtures have no points, so that they hide products and are never verified
themselves. Photos were drawn with seeds, or taken, that no choice was made on."""

PhotoDetails = list[tuple[str, Details]]


QUERIES: dict[str, Callable[[], Iterable[Photo]]] = {
    "eshop, planar": partial(drawn, "eshop", 202),
    "eshop, curved": partial(drawn, "eshop", 203, bent=True),
    "packages, planar": partial(drawn, "groceries", 204, 3),
    "packages, curved": partial(drawn, "groceries", 205, 3, bent=True),
    "jsk, crops": partial(taken, "jsk", "crop"),
    "jsk, whole scenes": partial(taken, "jsk", "scene"),
    "beauty, other views": partial(taken, "beauty", "", 2),
}


def main() -> None:
    with one_blas_thread():
        products, packed = kept("alone packed", packed_pictures)
        blobs, words = kept("alone words", partial(goods, packed))
        questions = {name: kept(f"alone {name}", partial(details_of, photos)) for name, photos in QUERIES.items()}
        words = list(mixed(words, sum(product.split("/")[0] in CATALOGS for product in products), max(SIZES)))
        rows = []
        for size in SIZES:
            everything = None if size == SIZES[0] else invert(enumerate(words[:size]))
            for name, photos in questions.items():
                own = photos[0][0].split("/")[0]
                chosen = [row for row, product in enumerate(products) if product.startswith(f"{own}/")]
                index = everything or invert((row, words[row]) for row in chosen)
                nominated, right, milliseconds = answers(index, photos, products, blobs)
                rows.append([name, f"{size:,}", len(photos), f"{nominated:.3f}", f"{right:.3f}", f"{milliseconds:.0f}"])
                print(rows[-1], flush=True)
    columns = ("photos", "items", "number", f"among {PRODUCTS_BY_DETAILS}", "@1", "ms to find candidates")
    body = table(columns, sorted(rows, key=lambda row: [*QUERIES].index(row[0])))
    write_section("Exact products by details alone", COMMAND, f"{EXPLANATION}\n\n{body}")


def packed_pictures() -> tuple[list[str], list[bytes]]:
    """The product of each picture, and its details."""
    pictures = [photo for name in CATALOGS for photo in catalog(name)] + list(distractors())
    return [photo.product for photo in pictures], [pack(extract(photo.picture, CATALOG_PICTURE)) for photo in pictures]


def goods(packed: Sequence[bytes]) -> tuple[list[bytes], list[VisualWords]]:
    """The details and the words of all pictures, then of their mirror images, then of windows of those."""
    dice = np.random.default_rng(0)
    every = [*packed]
    for change in (mirror_image, window):
        every.extend(pack(change(unpack(details), dice)) for details in packed)
    nothing = VisualWords.from_bytes(b"")
    return every, [shipped_vocabulary().describe(unpack(details)) or nothing for details in every]


def mixed(words: Sequence[VisualWords], catalogs: int, number: int) -> Iterable[VisualWords]:
    """The words, then mixtures of those behind the catalogs, until there are enough."""
    yield from words
    dice = np.random.default_rng(1)
    foreign = [described.to_bytes() for described in words[catalogs:] if len(described)]
    for _ in range(number - len(words)):
        first, second = dice.integers(0, len(foreign), 2)
        yield VisualWords.from_bytes(words_of_both(foreign[first], foreign[second], dice))


def details_of(photos: Callable[[], Iterable[Photo]]) -> PhotoDetails:
    return [(photo.product, extract(photo.picture, PHOTO)) for photo in photos()]


def answers(
    index: InvertedFile, photos: PhotoDetails, products: Sequence[str], blobs: Sequence[bytes]
) -> tuple[float, float, float]:
    """Shares of photos whose product is nominated, and is first; median milliseconds of a core to find candidates."""
    nominated, right, took = [], [], []
    for product, details in photos:
        began = time.process_time()
        scores = index.scores(shipped_vocabulary().query(details))
        best = index.rows[np.argsort(-scores, kind="stable")[:PRODUCTS_BY_DETAILS]]
        took.append(1000 * (time.process_time() - began))
        nominated.append(any(row < len(products) and products[row] == product for row in best))
        agreements = [verify(details, unpack(blobs[row])) for row in best[:VERIFIED] if row < len(blobs)]
        real = [row for row in best[:VERIFIED] if row < len(blobs)]
        inliers = [agreement.inliers if agreement else 0 for agreement in agreements]
        first = real[int(np.argmax(inliers))] if any(inliers) else len(products)
        right.append(first < len(products) and products[first] == product)
    return float(np.mean(nominated)), float(np.mean(right)), float(np.median(took))


if __name__ == "__main__":
    main()
