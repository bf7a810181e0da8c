"""Splits labeled photos into folds. Each fold is evaluated by a projection that was fitted without its photos.

There are two kinds of folds. *Labeled*: new photos of products with labels. Similar photos are held out together,
because a second photo of the same minute is not new. *Unlabeled*: photos of products without labels, so whole products
are held out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.adaptation.labeled import Labeled
from sosie.evaluation.metrics import Values
from sosie.types import Vectors

PARTS = 4

Kind = Literal["labeled", "unlabeled"]
KINDS: tuple[Kind, Kind] = ("labeled", "unlabeled")
Mask = npt.NDArray[np.bool_]


class Fold(NamedTuple):
    """The photos to judge, and the photos to fit the projection on: two masks of shape (n,)."""

    kind: Kind
    part: int
    judged: Mask
    fitted: Mask


def folds_of(labeled: Labeled, seed: int = 0) -> Iterator[Fold]:
    """Folds that judge every photo twice: as a new photo of a labeled product, and as a photo of an unlabeled product.

    A photo without another photo of its product is judged only as unlabeled.
    """
    products = labeled.products
    looks, groups = look_alikes(labeled.photos, products), _groups(products, seed)
    for part in range(PARTS):
        held_out = looks == part
        judged = held_out & np.isin(products, products[~held_out])
        yield Fold("labeled", part, judged, ~held_out)
        yield Fold("unlabeled", part, groups == part, groups != part)


def distant_folds_of(labeled: Labeled) -> Iterator[Fold]:
    """Folds of new photos; the projection is fitted without the photos that resemble them most.

    Photos of a product are cut into runs of similar photos (``look_alikes``). A run is judged by a projection that was
    fitted without this run and its neighboring runs. This imitates photos of later weeks, which differ more from the
    labeled photos. A fold is left out if fewer than two products remain for the fit.
    """
    products, looks = labeled.products, look_alikes(labeled.photos, labeled.products)
    for part in range(PARTS):
        fitted = np.abs(looks - part) > 1
        if len(np.unique(products[fitted])) > 1:
            yield Fold("labeled", part, (looks == part) & np.isin(products, products[fitted]), fitted)


def look_alikes(photos: Vectors, products: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """The run of each photo, 0 … 3: a product's photos are ordered along their main axis and cut into runs."""
    parts = np.empty(len(products), dtype=np.int64)
    for name in np.unique(products):
        of_product = np.flatnonzero(products == name)
        order = np.argsort(_along_main_axis(photos[of_product]), kind="stable")
        parts[of_product[order]] = np.arange(len(order)) * PARTS // len(order)
    return parts


def _along_main_axis(rows: Vectors) -> Values:
    """Coordinates along the first principal axis, by power iteration; the sign is arbitrary but reproducible."""
    centered = rows - rows.mean(axis=0)
    direction = np.random.default_rng(0).standard_normal(len(rows))
    for _ in range(30):
        direction = centered @ (centered.T @ direction)
        direction = direction / max(float(np.linalg.norm(direction)), 1e-12)
    return np.asarray(direction, dtype=np.float64)


def _groups(products: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.int64]:
    names, index = np.unique(products, return_inverse=True)
    return np.random.default_rng(seed).permutation(len(names))[index] % PARTS
