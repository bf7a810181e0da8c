"""Is the very product found in a photo of it, however it lies, and is one that the catalogue lacks not called a match?

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
from quality import centre_square
from report import table, write_section
from with_details import Answer, DetailedCatalogue

from sosie.calibration import Calibration, Sample, calibrate
from sosie.calibration.evidence import Evidence
from sosie.calibration.evidence import evidence_of as evidence_of_looks
from sosie.details import joining
from sosie.details.extract import extract
from sosie.embedders.base import Embedder
from sosie.embedders.registry import load
from sosie.images.decode import decode
from sosie.images.transform import to_pixels
from sosie.types import Vectors

EMBEDDER = "mobilenet_v2"
EACH = 2
REMOVED = 0.25
TAUGHT_STEP = 12
VIEWS = (0.875, 0.7, 0.5)
COLUMNS = (
    "pictures",
    "photos",
    "looks @1",
    "details vector @1",
    "details vector @20",
    "with details @1",
    "removed: not called match",
    "present: called match",
    "of these right",
)
EXPLANATION = f"""{EACH} photos of every catalogue picture (`benchmarks/planar_photos.py`): tilted by up to 45°, any
turn, longest side at least 320 of 640 pixels, blur, glare, JPEG quality 40, 30 % hidden, on shop-floor photos; those
behind the groceries show fruit and vegetables, so that no other package lies there. Looks are `{EMBEDDER}` with four
views; *details vector*: hit rate of the aggregated vector alone. *Removed*, *present*: {REMOVED:.0%} of the products
are removed; a calibration with the evidence of details, taught by shop-floor photos (every {TAUGHT_STEP}th train
photo, its product once there and once not), says which first answers are a match."""


@dataclass(frozen=True)
class Shop:
    """A catalogue with its looks, and a way to ask it."""

    pictures: Sequence[Image.Image]
    catalogue: DetailedCatalogue
    looks: Vectors
    embedder: Embedder

    @classmethod
    def of(cls, pictures: Sequence[Image.Image], products: Sequence[str], embedder: Embedder) -> Shop:
        looks = np.concatenate([embedded(embedder, [picture]) for picture in pictures])
        return cls(pictures, DetailedCatalogue(pictures, products), looks, embedder)

    def cosines(self, photo: Image.Image) -> Vectors:
        views = embedded(self.embedder, [photo, *(centre_square(photo, share) for share in VIEWS)]).sum(axis=0)
        return self.looks @ (views / np.linalg.norm(views))


def main() -> None:
    embedder = load(EMBEDDER, threads=1)
    grocery = rows_of("grocery_store/catalogue.csv")
    train = rows_of("grocery_store/shopfloor_train.csv")
    cv2.setNumThreads(1)
    shop = Shop.of([opened(row) for row in grocery], [row["product_id"] for row in grocery], embedder)
    calibration = taught(shop, train[::TAUGHT_STEP])
    plain = [opened(row) for row in train[::12] if row["category"] != "Packages"]
    files = sorted((FOLDER.parent / "eshop_catalog").glob("*.webp"), key=lambda path: int(path.stem))
    eshop = Shop.of([decode(path.read_bytes()) for path in files], [path.stem for path in files], embedder)
    rows = [
        measured("eshop", eshop, [opened(row) for row in train[::20]], calibration),
        measured("groceries", shop, plain, calibration),
    ]
    body = f"{EXPLANATION}\n\n{table(COLUMNS, rows)}"
    write_section("Planar photos", "PYTHONPATH=src:benchmarks python benchmarks/planar.py", body)
    print(body)


def measured(name: str, shop: Shop, grounds: Sequence[Image.Image], calibration: Calibration) -> list[str]:
    present = np.random.default_rng(0).permutation(len(shop.pictures)) >= REMOVED * len(shop.pictures)
    asked = [
        outcome(shop, place, photo.picture, present, calibration)
        for place, photo in photographs(shop.pictures, grounds, EACH)
    ]
    called = np.array([one.called for one in asked])
    known = np.array([one.known for one in asked])
    right = np.array([one.right_among_present for one in asked])
    shares = [
        np.mean([one.by_looks for one in asked]),
        *(np.mean([one.standing < k for one in asked]) for k in (1, 20)),
        np.mean([one.by_details for one in asked]),
        1 - called[~known].mean(),
        called[known].mean(),
        right[known & called].mean(),
    ]
    return [name, str(len(asked)), *(f"{share:.3f}" for share in shares)]


@dataclass(frozen=True)
class Outcome:
    """What became of one photo; ``standing`` is how many others the details vector put before its product."""

    by_looks: bool
    standing: int
    by_details: bool
    known: bool
    called: bool
    right_among_present: bool


def outcome(shop: Shop, place: int, photo: Image.Image, present: np.ndarray, calibration: Calibration) -> Outcome:
    query, cosines = extract(photo), shop.cosines(photo)
    nearness = shop.catalogue.nearness(query)
    partial = shop.catalogue.ask(photo, query, cosines, present)
    probability = float(calibration.model.probability(first_evidence(partial, cosines[present]))[0])
    return Outcome(
        by_looks=bool(cosines.argmax() == place),
        standing=int((nearness > nearness[place]).sum()),
        by_details=bool(shop.catalogue.ask(photo, query, cosines).order[0] == place),
        known=bool(present[place]),
        called=calibration.verdict(probability) == "match",
        right_among_present=bool(partial.order[0] == place),
    )


def taught(shop: Shop, rows: Sequence[dict[str, str]]) -> Calibration:
    """A calibration on answers to shop-floor photos, each with its product in the catalogue and without it."""
    found: dict[bool, list[tuple[Evidence, bool]]] = {True: [], False: []}
    for row in rows:
        photo = opened(row)
        query, cosines = extract(photo), shop.cosines(photo)
        for known in (True, False):
            shown = known | (shop.catalogue.products != row["product_id"])
            answer = shop.catalogue.ask(photo, query, cosines, shown)
            right = bool(shop.catalogue.products[answer.order[0]] == row["product_id"])
            found[known].append((first_evidence(answer, cosines[shown]), right))
    products = np.array([row["product_id"] for row in rows])
    parts = [
        Sample(
            {name: np.concatenate([evidence[name] for evidence, _ in answers]) for name in answers[0][0]},
            np.array([right for _, right in answers]),
            np.full(len(answers), known),
            products,
            np.full(len(answers), weight),
        )
        for (known, answers), weight in zip(found.items(), (2 / 3, 1 / 3), strict=True)
    ]
    calibration = calibrate(Sample.joined(*parts), "", "")
    print(calibration.quality, calibration.match_at)
    return calibration


def first_evidence(answer: Answer, cosines: Vectors) -> Evidence:
    """Looks and details of the first answer, each of shape (1,); ``cosines`` are those of all that is shown."""
    first = int(np.flatnonzero(answer.rows == answer.order[0])[0])
    ranked = -np.sort(-cosines.astype(np.float64))
    looks = evidence_of_looks(ranked.tolist())
    standing = int(np.searchsorted(-ranked, -float(answer.cosines[first])))
    details = joining.evidence_of(answer.geometries, [str(row) for row in answer.rows])
    return {name: values[standing : standing + 1] for name, values in looks.items()} | {
        name: values[first : first + 1] for name, values in details.items()
    }


def embedded(embedder: Embedder, pictures: Sequence[Image.Image]) -> Vectors:
    pixels = [to_pixels(picture, embedder.spec.transforms) for picture in pictures]
    return embedder.embed([np.stack(arrays) for arrays in zip(*pixels, strict=True)])


def rows_of(table_path: str) -> list[dict[str, str]]:
    with (FOLDER.parent / table_path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def opened(row: dict[str, str]) -> Image.Image:
    return decode((FOLDER / row["image"]).read_bytes())


if __name__ == "__main__":
    main()
