"""The labeled shop-floor photos beside the clone, and how often the right product comes first."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.embedders.base import Embedder
from sosie.images.decode import decode
from sosie.images.transform import pixels_of, shorter_side_needed
from sosie.types import Transform, Vectors

FOLDER = Path(__file__).resolve().parents[2] / "shared/data/grocery_store"
DRAWS = 2_000

Hits = npt.NDArray[np.bool_]
Gains = npt.NDArray[np.float64]
Products = npt.NDArray[np.str_]
Change = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class Photos:
    """Pictures of one table: their paths, and the product that each shows."""

    paths: tuple[Path, ...]
    products: Products


def read_photos(table: str, step: int = 1) -> Photos:
    """Every ``step``-th photo of ``catalogue``, ``shopfloor_train`` or ``shopfloor_val``."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::step]
    return Photos(tuple(FOLDER / row["image"] for row in rows), np.array([row["product_id"] for row in rows]))


def embed_photos(
    embedder: Embedder, photos: Photos, transforms: Sequence[Transform] | None = None, change: Change | None = None
) -> Vectors:
    """Unit vectors, shape (photos, dim); ``transforms`` in place of the embedder's own, ``change`` before them."""
    transforms = transforms or embedder.spec.transforms
    rows = []
    for start in range(0, len(photos.paths), embedder.batch_size):
        pictures = [_open(path, transforms, change) for path in photos.paths[start : start + embedder.batch_size]]
        rows.append(embedder.embed(pixels_of(pictures, transforms)))
    return np.concatenate(rows)


def _open(path: Path, transforms: Sequence[Transform], change: Change | None) -> Image.Image:
    picture = decode(path.read_bytes(), shorter_side=shorter_side_needed(transforms))
    return change(picture) if change else picture


def hits_at(k: int, queries: Vectors, photos: Photos, gallery: Vectors, catalog: Photos) -> Hits:
    """For each query whether one of its k nearest catalog pictures shows its product."""
    nearest = np.argsort(-(queries @ gallery.T), axis=1, kind="stable")[:, :k]
    hits: Hits = (catalog.products[nearest] == photos.products[:, None]).any(axis=1)
    return hits


def interval_over_products(values: Hits | Gains, products: Products) -> tuple[float, float]:
    """95 % of the means when whole products are drawn again: photos of one product are no independent witnesses."""
    _, which = np.unique(products, return_inverse=True)
    sums = np.bincount(which, weights=values)
    counts = np.bincount(which)
    drawn = np.random.default_rng(0).integers(0, len(sums), (DRAWS, len(sums)))
    return _middle(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))


def interval_over_photos(values: Hits) -> tuple[float, float]:
    """95 % of the means when single photos are drawn again: too narrow where products differ."""
    return _middle(np.random.default_rng(0).binomial(len(values), values.mean(), DRAWS) / len(values))


def _middle(means: npt.NDArray[np.floating]) -> tuple[float, float]:
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
