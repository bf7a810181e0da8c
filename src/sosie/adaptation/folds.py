"""Which labelled photos are judged by a projection that never saw them.

Two questions are asked: new photos of products that have labels (photos that look alike are held out together: a photo
of the same minute is no new photo), and photos of products without any label (whole products are held out).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.adaptation.labelled import Labelled
from sosie.evaluation.metrics import Values
from sosie.types import Vectors

PARTS = 4

Kind = Literal["labelled", "unlabelled"]
KINDS: tuple[Kind, Kind] = ("labelled", "unlabelled")
Mask = npt.NDArray[np.bool_]


class Fold(NamedTuple):
    """Which photos are judged by a projection that was fitted on which others; both masks have shape (n,)."""

    kind: Kind
    part: int
    judged: Mask
    fitted: Mask


def folds_of(labelled: Labelled, seed: int = 0) -> Iterator[Fold]:
    """Every photo twice: among new photos of its product, and with its whole product held out.

    In the first kind photos without another one of their product to be fitted on are left out.
    """
    products = labelled.products
    looks, groups = look_alikes(labelled.photos, products), _groups(products, seed)
    for part in range(PARTS):
        held_out = looks == part
        judged = held_out & np.isin(products, products[~held_out])
        yield Fold("labelled", part, judged, ~held_out)
        yield Fold("unlabelled", part, groups == part, groups != part)


def look_alikes(photos: Vectors, products: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Part 0 … 3 of each photo: a product's photos, ordered along what varies most among them, are cut into runs."""
    parts = np.empty(len(products), dtype=np.int64)
    for name in np.unique(products):
        of_product = np.flatnonzero(products == name)
        order = np.argsort(_along_main_axis(photos[of_product]), kind="stable")
        parts[of_product[order]] = np.arange(len(order)) * PARTS // len(order)
    return parts


def _along_main_axis(rows: Vectors) -> Values:
    """Coordinates along the first principal axis, by power iteration; its sign is arbitrary but repeatable."""
    centred = rows - rows.mean(axis=0)
    found = np.random.default_rng(0).standard_normal(len(rows))
    for _ in range(30):
        found = centred @ (centred.T @ found)
        found = found / max(float(np.linalg.norm(found)), 1e-12)
    return np.asarray(found, dtype=np.float64)


def _groups(products: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.int64]:
    names, index = np.unique(products, return_inverse=True)
    return np.random.default_rng(seed).permutation(len(names))[index] % PARTS
