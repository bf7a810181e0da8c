"""Pictures for ``exact.py``: catalogs of real products, photos of them, and what stands around them in a shop.

Photos that people took are those that the data sets have; planar ones are made by ``planar_photos``; curved ones show
the picture wrapped around a can. Grounds are shop-floor photos of fruit and vegetables. Shelves with packages are no
distractors, because they show products of the catalog.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import hard_photos
import numpy as np
from filled import cache_folder
from grocery import FOLDER
from hard_photos import PROTOCOLS
from PIL import Image
from planar_photos import photographs

from sosie.images.decode import decode

DATA = FOLDER.parent
CATALOGS = ("groceries", "jsk", "eshop", "beauty")

WRAPPED = np.radians(65)
"""How far around the can the picture goes to either side."""

BOW = 0.06
"""How much its upper edge is bent, in widths."""

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Photo:
    """A picture in a file, and the product that it shows; products are named after their set."""

    product: str
    path: Path

    @property
    def picture(self) -> Image.Image:
        """Upright RGB, the shorter side 480 pixels or as it is."""
        return decode(self.path.read_bytes(), shorter_side=480)


def catalog(name: str) -> Iterator[Photo]:
    """The catalog pictures of one of ``CATALOGS``."""
    folder, table = TABLES[name]
    for row in rows_of(f"{folder}/{table}"):
        yield Photo(f"{name}/{row['product_id']}", DATA / folder / row["image"])


def drawn(name: str, seed: int, each: int = 1, bent: bool = False) -> Iterator[Photo]:
    """Planar photos of all pictures of a catalog, of groceries the packages only; wrapped if ``bent``."""
    shown = [photo for photo in printed(name) for _ in range(each)]
    pictures = (wrapped(photo.picture) if bent else photo.picture for photo in shown[::each])
    made = (photo.picture for _, photo in photographs(list(pictures), grounds(), each, seed=seed))
    yield from _saved(f"{name} {seed}", shown, made)


def hard(name: str, protocol: str, seed: int) -> Iterator[Photo]:
    """A photo of all pictures of a catalog, of groceries the packages only, by one of ``hard_photos.PROTOCOLS``.

    The grounds are no distractors: those would be found, and rightly.
    """
    shown = printed(name)
    made = hard_photos.photographs([photo.picture for photo in shown], grounds(), PROTOCOLS[protocol], seed)
    yield from _saved(f"{name} {protocol} before shelves {seed}", shown, made)


def printed(name: str) -> list[Photo]:
    """The catalog pictures of one of ``CATALOGS``, of groceries the packages only."""
    return [photo for photo in catalog(name) if name != "groceries" or photo.product in packages()]


def _saved(name: str, shown: Sequence[Photo], made: Iterable[Image.Image]) -> Iterator[Photo]:
    """Photos of what is shown, from the cache folder if they were made before."""
    folder = cache_folder() / f"exact/photos-{dashed(name)}"
    if not folder.exists():
        aside = folder.with_name(f"making-{folder.name}")
        aside.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(made):
            picture.save(aside / f"{number}.png")
        aside.rename(folder)
    for number, photo in enumerate(shown):
        yield Photo(photo.product, folder / f"{number}.png")


def dashed(name: str) -> str:
    return name.replace(" ", "-").replace(",", "")


def taken(name: str, split: str, step: int = 1) -> Iterator[Photo]:
    """Photos that people took: ``crop``, ``scene`` or ``phone`` of jsk; other views of beauty."""
    folder, _ = TABLES[name]
    for row in [row for row in rows_of(f"{folder}/photos.csv") if split in ("", row["split"])][::step]:
        yield Photo(f"{name}/{row['product_id']}", DATA / folder / row["image"])


def distractors() -> Iterator[Photo]:
    """Clothes, and every second shelf of fruit and vegetables."""
    for row in rows_of("clothing/catalog.csv"):
        yield Photo(f"clothing/{row['item_id']}", DATA / "clothing" / row["image"])
    for row in [row for row in rows_of("grocery_store/shopfloor_train.csv") if row["category"] != "Packages"][::2]:
        yield Photo(f"shelf/{row['item_id']}", DATA / "grocery_store" / row["image"])


def packages() -> set[str]:
    """The groceries that come in packages."""
    rows = rows_of("grocery_store/catalogue.csv")
    return {f"groceries/{row['product_id']}" for row in rows if row["category"] == "Packages"}


def grounds() -> Sequence[Image.Image]:
    """Shop-floor photos of what is not packed."""
    rows = [row for row in rows_of("grocery_store/shopfloor_val.csv")[::15] if row["category"] != "Packages"]
    return [Photo("", DATA / "grocery_store" / row["image"]).picture for row in rows]


def wrapped(picture: Image.Image) -> Image.Image:
    """The picture around a can that stands before the camera, on a light ground."""
    pixels = np.asarray(picture.convert("RGB"))
    height, width = pixels.shape[:2]
    seen = max(2, round(width * np.sin(WRAPPED) / WRAPPED))
    angles = np.arcsin(np.linspace(-1, 1, seen) * np.sin(WRAPPED))
    bow = BOW * width
    lift = bow * (np.cos(angles) - np.cos(WRAPPED)) / (1 - np.cos(WRAPPED))
    rows = np.arange(height + int(bow), dtype=np.float32)
    across = np.tile(((angles / WRAPPED + 1) / 2 * (width - 1)).astype(np.float32), (len(rows), 1))
    down = (rows[:, np.newaxis] - lift[np.newaxis]).astype(np.float32)
    return Image.fromarray(cv2.remap(pixels, across, down, cv2.INTER_LINEAR, borderValue=(235, 235, 235)))


def rows_of(table: str) -> Rows:
    with (DATA / table).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TABLES = {
    "groceries": ("grocery_store", "catalogue.csv"),
    "jsk": ("jsk_objects", "catalog.csv"),
    "eshop": ("eshop_catalog", "catalog.csv"),
    "beauty": ("abantecart_beauty", "catalog.csv"),
}
