"""Every setting tried on every fold: whose product came first before adapting, and whose would after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.adaptation.folds import Fold, Kind
from sosie.adaptation.projection import Matrix, Projection
from sosie.adaptation.whitening import Labelled, fit
from sosie.evaluation.metrics import Values
from sosie.types import Vectors

SHRINKAGES = (0.2, 0.4, 0.7)
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6)
_CHUNK = 1_000


class Setting(NamedTuple):
    """How strongly to adapt; see ``whitening.fit``."""

    shrinkage: float
    share: float


SETTINGS = tuple(Setting(shrinkage, share) for shrinkage in SHRINKAGES for share in SHARES)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The judged photos of one fold: their products, and 1.0 where the right one came first, all of shape (n,)."""

    kind: Kind
    part: int
    products: npt.NDArray[np.str_]
    before: Values
    after: Mapping[Setting, Values]


def tried(labelled: Labelled, basis: Matrix, folds: Iterable[Fold]) -> Iterator[Trial]:
    """A trial for each fold that has photos to judge."""
    for fold in folds:
        if fold.judged.any():
            yield _trial(labelled, basis, fold)


def _trial(labelled: Labelled, basis: Matrix, fold: Fold) -> Trial:
    products = labelled.products[fold.judged]
    photos, gallery = labelled.photos[fold.judged], labelled.gallery
    before = _hits(photos, gallery, products, labelled.gallery_products)
    after: dict[Setting, Values] = {}
    for shrinkage in SHRINKAGES:
        projection = fit(labelled.where(fold.fitted), shrinkage, 0.5, basis)
        after.update(_hits_by_share(projection, shrinkage, labelled, photos, products))
    return Trial(fold.kind, fold.part, products, before, after)


def _hits_by_share(
    projection: Projection, shrinkage: float, labelled: Labelled, photos: Vectors, products: npt.NDArray[np.str_]
) -> dict[Setting, Values]:
    """With a share of one half both parts of a vector have the same length, so other mixtures follow from them."""
    gallery, dim = projection.gallery(labelled.gallery), labelled.gallery.shape[1]
    hits: dict[Setting, list[Values]] = {}
    for chosen in _chunks(len(photos)):
        asked = projection.query(photos[chosen])
        whole, along = asked[:, :dim] @ gallery[:, :dim].T, asked[:, dim:] @ gallery[:, dim:].T
        for share in SHARES:
            first = ((1 - share) * whole + share * along).argmax(axis=1)
            right = _right(labelled.gallery_products[first], products[chosen])
            hits.setdefault(Setting(shrinkage, share), []).append(right)
    return {setting: np.concatenate(parts) for setting, parts in hits.items()}


def _hits(
    photos: Vectors, gallery: Vectors, products: npt.NDArray[np.str_], gallery_products: npt.NDArray[np.str_]
) -> Values:
    parts = [
        _right(gallery_products[(photos[chosen] @ gallery.T).argmax(axis=1)], products[chosen])
        for chosen in _chunks(len(photos))
    ]
    return np.concatenate(parts)


def _chunks(size: int) -> Iterator[slice]:
    yield from (slice(start, stop) for start, stop in pairwise([*range(0, size, _CHUNK), size]))


def _right(first: npt.NDArray[np.str_], products: npt.NDArray[np.str_]) -> Values:
    return np.asarray(first == products, dtype=np.float64)
