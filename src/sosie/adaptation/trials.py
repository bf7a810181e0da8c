"""Tries every setting on every fold, and counts hits at the first rank before and after adapting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.adaptation.folds import Fold, Kind, Mask
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Matrix, unit
from sosie.adaptation.whitening import Learning
from sosie.evaluation.metrics import Values

SHRINKAGES = (0.2, 0.4, 0.7)
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_CHUNK = 100
"""Photos per chunk: their cosines to 10,000 pictures fit into the processor's cache."""

Rows = npt.NDArray[np.intp]


class AdaptationSetting(NamedTuple):
    """The strength of an adaptation; see ``whitening.fit``."""

    shrinkage: float
    share: float


SETTINGS = tuple(AdaptationSetting(shrinkage, share) for shrinkage in SHRINKAGES for share in SHARES)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """The judged photos of one fold: their products, and hits (1.0 or 0.0) at the first rank; all of shape (n,)."""

    kind: Kind
    part: int
    products: npt.NDArray[np.str_]
    before: Values
    after: Mapping[AdaptationSetting, Values]


def try_settings(labeled: Labeled, basis: Matrix, folds: Iterable[Fold]) -> Iterator[Trial]:
    """One trial for each fold with photos to judge."""
    shown = _Shown.of(labeled, basis)
    before = _hits_unadapted(labeled)
    for fold in folds:
        if fold.judged.any():
            products = labeled.products[fold.judged]
            after = _hits(labeled, Learning.of(labeled.where(fold.fitted), basis), shown, fold.judged)
            yield Trial(fold.kind, fold.part, products, before[fold.judged], after)


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """The catalog minus its mean, equal for every fold: unit vectors (m, dim), and coordinates (m, d)."""

    whole: Matrix
    in_basis: Matrix

    @classmethod
    def of(cls, labeled: Labeled, basis: Matrix) -> _Shown:
        centered = labeled.gallery - labeled.gallery.mean(axis=0)
        return cls(unit(centered), centered @ basis)


def _hits(labeled: Labeled, learning: Learning, shown: _Shown, judged: Mask) -> dict[AdaptationSetting, Values]:
    """Hits at the first rank; many settings share the computation."""
    directions = [learning.scatter.directions(shrinkage) for shrinkage in SHRINKAGES]
    gallery = [unit(shown.in_basis @ projected) for projected in directions]
    hits: dict[AdaptationSetting, list[Values]] = {setting: [] for setting in SETTINGS}
    for rows in _chunks(np.flatnonzero(judged)):
        centered = labeled.photos[rows] - learning.photo_mean
        whole, in_basis = unit(centered) @ shown.whole.T, centered @ learning.basis
        for shrinkage, projected, pictures in zip(SHRINKAGES, directions, gallery, strict=True):
            along = unit(in_basis @ projected) @ pictures.T
            mixed = np.empty_like(along)
            for share in SHARES:
                np.add(whole, np.multiply(along, share / (1 - share), out=mixed), out=mixed)
                hits[AdaptationSetting(shrinkage, share)].append(_right(labeled, mixed, rows))
    return {setting: np.concatenate(parts) for setting, parts in hits.items()}


def _hits_unadapted(labeled: Labeled) -> Values:
    chunks = _chunks(np.arange(len(labeled.photos)))
    return np.concatenate([_right(labeled, labeled.photos[rows] @ labeled.gallery.T, rows) for rows in chunks])


def _chunks(rows: Rows) -> Iterator[Rows]:
    yield from (rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK))


def _right(labeled: Labeled, cosines: Matrix, rows: Rows) -> Values:
    first = labeled.gallery_products[cosines.argmax(axis=1)]
    return np.asarray(first == labeled.products[rows], dtype=np.float64)
