"""Pictures for ``exact.py``: catalogs of real products, photos of them, and what stands around them in a shop.

Whole photos are those that the data sets have; planar ones are made by ``planar_photos``; curved ones show the picture
wrapped around a can. Grounds are shop-floor photos of fruit and vegetables, none of which is a distractor.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from grocery import FOLDER
from PIL import Image
from planar_photos import photographs

from sosie.images.decode import decode

DATA = FOLDER.parent
WRAPPED = np.radians(65)
"""How far around the can the picture goes to either side."""

BOW = 0.06
"""How much its upper edge is bent, in widths."""

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Photo:
    """A photo, and the product that it shows."""

    product: str
    picture: Image.Image


def catalog(name: str) -> Iterator[Photo]:
    """The catalog pictures of ``groceries``, ``jsk``, ``eshop`` or ``beauty``; products are named after the set."""
    folder, table = TABLES[name]
    for row in rows_of(f"{folder}/{table}"):
        yield Photo(f"{name}/{row['product_id']}", opened(f"{folder}/{row['image']}"))


def planar(name: str, step: int = 1, bent: bool = False) -> Iterator[Photo]:
    """A planar photo of every ``step``-th catalog picture, of groceries the packages only; wrapped if ``bent``."""
    shown = [photo for photo in catalog(name) if name != "groceries" or photo.product in packages()][::step]
    pictures = [wrapped(photo.picture) if bent else photo.picture for photo in shown]
    for place, made in photographs(pictures, grounds(), 1, seed=len(name) + bent):
        yield Photo(shown[place].product, made.picture)


def taken(name: str, split: str, step: int = 1) -> Iterator[Photo]:
    """Photos that people took: ``crop``, ``scene`` or ``phone`` of jsk; other views of beauty."""
    folder, _ = TABLES[name]
    for row in [row for row in rows_of(f"{folder}/photos.csv") if split in ("", row["split"])][::step]:
        yield Photo(f"{name}/{row['product_id']}", opened(f"{folder}/{row['image']}"))


def packages_on_shelves(step: int = 1) -> Iterator[Photo]:
    """Shop-floor photos of packages."""
    shelf = [row for row in rows_of("grocery_store/shopfloor_val.csv") if row["category"] == "Packages"]
    for row in shelf[::step]:
        yield Photo(f"groceries/{row['product_id']}", opened(f"grocery_store/{row['image']}"))


def distractors() -> Iterator[Photo]:
    """Clothes, and shelves with other goods."""
    for row in rows_of("clothing/catalog.csv")[0::3]:
        yield Photo(f"clothing/{row['item_id']}", opened(f"clothing/{row['image']}"))
    for row in rows_of("grocery_store/shopfloor_train.csv")[0::4]:
        yield Photo(f"shelf/{row['item_id']}", opened(f"grocery_store/{row['image']}"))


def packages() -> set[str]:
    """The groceries that come in packages."""
    rows = rows_of("grocery_store/catalogue.csv")
    return {f"groceries/{row['product_id']}" for row in rows if row["category"] == "Packages"}


def grounds() -> Sequence[Image.Image]:
    """Shop-floor photos of what is not packed."""
    rows = [row for row in rows_of("grocery_store/shopfloor_val.csv")[::15] if row["category"] != "Packages"]
    return [opened(f"grocery_store/{row['image']}") for row in rows]


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


def opened(path: str) -> Image.Image:
    return decode((DATA / path).read_bytes(), shorter_side=480)


TABLES = {
    "groceries": ("grocery_store", "catalogue.csv"),
    "jsk": ("jsk_objects", "catalog.csv"),
    "eshop": ("eshop_catalog", "catalog.csv"),
    "beauty": ("abantecart_beauty", "catalog.csv"),
}
