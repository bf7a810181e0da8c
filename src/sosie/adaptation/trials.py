"""Every setting tried on every fold: whose product came first before adapting, and whose would after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.adaptation.folds import Fold, Kind, Mask
from sosie.adaptation.labelled import Labelled
from sosie.adaptation.projection import Matrix, unit
from sosie.adaptation.whitening import Learning
from sosie.evaluation.metrics import Values

SHRINKAGES = (0.2, 0.4, 0.7)
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6)
_CHUNK = 100
"""So many photos at a time: their cosines to 10,000 pictures stay near the processor."""

Rows = npt.NDArray[np.intp]


class AdaptationSetting(NamedTuple):
    """How strongly to adapt; see ``whitening.fit``."""

    shrinkage: float
    share: float


SETTINGS = tuple(AdaptationSetting(shrinkage, share) for shrinkage in SHRINKAGES for share in SHARES)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The judged photos of one fold: their products, and 1.0 where the right one came first, all of shape (n,)."""

    kind: Kind
    part: int
    products: npt.NDArray[np.str_]
    before: Values
    after: Mapping[AdaptationSetting, Values]


def tried(labelled: Labelled, basis: Matrix, folds: Iterable[Fold]) -> Iterator[Trial]:
    """A trial for each fold that has photos to judge."""
    shown = _Shown.of(labelled, basis)
    before = _hits_as_they_are(labelled)
    for fold in folds:
        if fold.judged.any():
            products = labelled.products[fold.judged]
            after = _hits(labelled, Learning.of(labelled.where(fold.fitted), basis), shown, fold.judged)
            yield Trial(fold.kind, fold.part, products, before[fold.judged], after)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """The catalogue less its mean, the same for every fold: unit vectors, shape (m, dim), and in the basis, (m, d)."""

    whole: Matrix
    in_basis: Matrix

    @classmethod
    def of(cls, labelled: Labelled, basis: Matrix) -> _Shown:
        centred = labelled.gallery - labelled.gallery.mean(axis=0)
        return cls(unit(centred), centred @ basis)


def _hits(labelled: Labelled, learning: Learning, shown: _Shown, judged: Mask) -> dict[AdaptationSetting, Values]:
    """The cosines of a ``Projection``, put together for many settings from the parts that they share."""
    directions = [learning.scatter.directions(shrinkage) for shrinkage in SHRINKAGES]
    gallery = [unit(shown.in_basis @ one) for one in directions]
    hits: dict[AdaptationSetting, list[Values]] = {setting: [] for setting in SETTINGS}
    for rows in _chunks(np.flatnonzero(judged)):
        centred = labelled.photos[rows] - learning.photo_mean
        whole, asked = unit(centred) @ shown.whole.T, centred @ learning.basis
        for shrinkage, one, pictures in zip(SHRINKAGES, directions, gallery, strict=True):
            along = unit(asked @ one) @ pictures.T
            mixed = np.empty_like(along)
            for share in SHARES:
                np.add(whole, np.multiply(along, share / (1 - share), out=mixed), out=mixed)
                hits[AdaptationSetting(shrinkage, share)].append(_right(labelled, mixed, rows))
    return {setting: np.concatenate(parts) for setting, parts in hits.items()}


def _hits_as_they_are(labelled: Labelled) -> Values:
    chunks = _chunks(np.arange(len(labelled.photos)))
    return np.concatenate([_right(labelled, labelled.photos[rows] @ labelled.gallery.T, rows) for rows in chunks])


def _chunks(rows: Rows) -> Iterator[Rows]:
    yield from (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))


def _right(labelled: Labelled, cosines: Matrix, rows: Rows) -> Values:
    first = labelled.gallery_products[cosines.argmax(axis=1)]
    return np.asarray(first == labelled.products[rows], dtype=np.float64)
