"""Is the exact product found in a photo, however it lies, and is an absent product not called a match?

    PYTHONPATH=src:benchmarks python benchmarks/planar.py

Photos are made by ``planar_photos``. Takes some minutes.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from grocery import FOLDER
from PIL import Image
from planar_photos import photographs
from quality import center_square
from report import table, write_section
from with_details import DetailedCatalog

from sosie.details.candidates import Geometry
from sosie.details.extract import extract
from sosie.embedders.base import Embedder
from sosie.embedders.registry import load
from sosie.images.decode import decode
from sosie.images.transform import pixels_of
from sosie.types import Vectors

EMBEDDER = "mobilenet_v2"
EACH = 1
REMOVED = 0.25
SURE_INLIERS, SURE_SHARE = 15, 0.6
VIEWS = (0.875, 0.7, 0.5)
COLUMNS = (
    "pictures",
    "photos",
    "looks @1",
    "visual words @1",
    "visual words @20",
    "with details @1",
    "removed: not sure",
    "present: sure",
    "of these right",
)
EXPLANATION = f"""{EACH} photo of every catalog picture (`benchmarks/planar_photos.py`): tilted by up to 45°, any
turn, longest side at least 320 of 640 pixels, blur, glare, JPEG quality 40, 30 % hidden, on shop-floor photos; those
behind the groceries show fruit and vegetables, so that no other package lies there. Looks are `{EMBEDDER}` with four
views; *visual words*: hit rate of their votes alone. *Removed*, *present*: {REMOVED:.0%} of the products
are removed; a first answer is called sure where {SURE_INLIERS} points agree or more, which are
{SURE_SHARE} of those alike or more, and no rival is nearer."""


@dataclass(frozen=True)
class Shop:
    """A catalog with the vectors of its pictures."""

    pictures: Sequence[Image.Image]
    catalog: DetailedCatalog
    looks: Vectors
    embedder: Embedder

    @classmethod
    def of(cls, pictures: Sequence[Image.Image], products: Sequence[str], embedder: Embedder) -> Shop:
        looks = np.concatenate([embedded(embedder, [picture]) for picture in pictures])
        return cls(pictures, DetailedCatalog(pictures, products), looks, embedder)

    def cosines(self, photo: Image.Image) -> Vectors:
        views = embedded(self.embedder, [photo, *(center_square(photo, share) for share in VIEWS)]).sum(axis=0)
        return self.looks @ (views / np.linalg.norm(views))


def main() -> None:
    embedder = load(EMBEDDER, threads=1)
    grocery = rows_of("grocery_store/catalogue.csv")
    train = rows_of("grocery_store/shopfloor_train.csv")
    cv2.setNumThreads(1)
    shop = Shop.of([opened(row) for row in grocery], [row["product_id"] for row in grocery], embedder)
    plain = [opened(row) for row in train[::12] if row["category"] != "Packages"]
    files = sorted((FOLDER.parent / "eshop_catalog").glob("*.webp"), key=lambda path: int(path.stem))
    eshop = Shop.of([decode(path.read_bytes()) for path in files], [path.stem for path in files], embedder)
    rows = [measured("eshop", outcomes(eshop, [opened(row) for row in train[::20]]))]
    print(rows, flush=True)
    groceries = outcomes(shop, plain)
    packages = [outcome for outcome in groceries if grocery[outcome.place]["category"] == "Packages"]
    rows += [measured("groceries", groceries), measured("of these, packages", packages)]
    body = f"{EXPLANATION}\n\n{table(COLUMNS, rows)}"
    write_section("Planar photos", "PYTHONPATH=src:benchmarks python benchmarks/planar.py", body)
    print(body)


def outcomes(shop: Shop, grounds: Sequence[Image.Image]) -> list[Outcome]:
    present = np.random.default_rng(0).permutation(len(shop.pictures)) >= REMOVED * len(shop.pictures)
    return [outcome(shop, place, photo.picture, present) for place, photo in photographs(shop.pictures, grounds, EACH)]


def measured(name: str, outcomes: Sequence[Outcome]) -> list[str]:
    called = np.array([outcome.sure for outcome in outcomes])
    present = np.array([outcome.present for outcome in outcomes])
    right = np.array([outcome.right_among_present for outcome in outcomes])
    shares = [
        np.mean([outcome.by_looks for outcome in outcomes]),
        *(np.mean([outcome.standing < k for outcome in outcomes]) for k in (1, 20)),
        np.mean([outcome.by_details for outcome in outcomes]),
        1 - called[~present].mean(),
        called[present].mean(),
        right[present & called].mean(),
    ]
    return [name, str(len(outcomes)), *(f"{share:.3f}" for share in shares)]


@dataclass(frozen=True)
class Outcome:
    """What became of one photo; ``standing`` is how many others the visual words put before its product."""

    place: int
    by_looks: bool
    standing: int
    by_details: bool
    present: bool
    sure: bool
    right_among_present: bool


def outcome(shop: Shop, place: int, photo: Image.Image, present: np.ndarray) -> Outcome:
    query, cosines = extract(photo), shop.cosines(photo)
    nearness = shop.catalog.nearness(query)
    partial = shop.catalog.search(photo, query, cosines, present)
    return Outcome(
        place=place,
        by_looks=bool(cosines.argmax() == place),
        standing=int((nearness > nearness[place]).sum()),
        by_details=bool(shop.catalog.search(photo, query, cosines).order[0] == place),
        present=bool(present[place]),
        sure=is_sure(partial.first),
        right_among_present=bool(partial.order[0] == place),
    )


def is_sure(first: Geometry) -> bool:
    """Many points agree, few of those alike do not, and no rival is nearer; a calibration says it better."""
    agreement = first.agreement
    if agreement is None or first.preference < 0:
        return False
    return agreement.inliers >= SURE_INLIERS and agreement.share >= SURE_SHARE


def embedded(embedder: Embedder, pictures: Sequence[Image.Image]) -> Vectors:
    return embedder.embed(pixels_of(pictures, embedder.spec.transforms))


def rows_of(table_path: str) -> list[dict[str, str]]:
    with (FOLDER.parent / table_path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def opened(row: dict[str, str]) -> Image.Image:
    return decode((FOLDER / row["image"]).read_bytes())


if __name__ == "__main__":
    main()
