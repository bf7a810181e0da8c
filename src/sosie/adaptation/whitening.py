"""Learned whitening: from labelled photos, the directions that tell products apart and forget how they were taken.

Sources: Mikolajczyk, Matas, "Improving descriptors for fast tree matching by optimal linear projection", ICCV 2007;
Radenović, Tolias, Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019, section 4; shrinkage:
Friedman, "Regularized discriminant analysis", JASA 1989.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sosie.adaptation.memory import remember
from sosie.adaptation.projection import Matrix, Projection
from sosie.errors import UsageError
from sosie.types import Vectors

CATALOGUE_WEIGHT = 0.25
"""What a product's catalogue pictures weigh beside its photos, whatever their numbers; docs/quality.md says why."""

BASIS = 640
"""The covariances are estimated in at most this many principal directions of photos and catalogue together."""

MOST_DIRECTIONS = 256
SHRINKAGE = 0.4
SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Labelled photos beside the catalogue they belong to: unit vectors of shapes (n, dim) and (m, dim).

    ``products`` and ``gallery_products`` name the product of each row; ``left_out`` counts photos that were given
    but show no product of the catalogue.
    """

    photos: Vectors
    products: npt.NDArray[np.str_]
    gallery: Vectors
    gallery_products: npt.NDArray[np.str_]
    left_out: int = 0

    @classmethod
    def of(
        cls, photos: Vectors, products: Sequence[str], gallery: Vectors, gallery_products: Sequence[str]
    ) -> Labelled:
        """The same from any sequence of names, without photos whose product the catalogue does not have."""
        names, known = np.asarray(products, dtype=np.str_), np.asarray(gallery_products, dtype=np.str_)
        kept = np.isin(names, known)
        return cls(photos[kept], names[kept], gallery, known, left_out=int((~kept).sum()))

    @property
    def covered(self) -> float:
        """The share of the catalogue's products that have labelled photos."""
        return len(np.unique(self.products)) / max(1, len(np.unique(self.gallery_products)))

    def where(self, chosen: npt.NDArray[np.bool_]) -> Labelled:
        """The chosen photos beside the whole catalogue."""
        return replace(self, photos=self.photos[chosen], products=self.products[chosen])

    def beside(self, most: int, seed: int = 0) -> Labelled:
        """The photos beside at most ``most`` pictures: first one of each labelled product, then its others, then any.

        Every labelled product keeps a picture, even where that makes more than ``most``.
        """
        if len(self.gallery) <= most:
            return self
        order = np.random.default_rng(seed).permutation(len(self.gallery))
        has_labels = np.isin(self.gallery_products[order], self.products)
        is_first = np.zeros(len(order), dtype=np.bool_)
        is_first[np.unique(self.gallery_products[order], return_index=True)[1]] = True
        urgency = np.where(has_labels & is_first, 0, np.where(has_labels, 1, 2))
        kept = np.sort(order[np.argsort(urgency, kind="stable")][: max(most, int((urgency == 0).sum()))])
        return replace(self, gallery=self.gallery[kept], gallery_products=self.gallery_products[kept])


@dataclass(frozen=True, slots=True, eq=False)
class _Scatter:
    """Covariance within products, (d, d), and the products' means, (products, d), both products weighing alike."""

    within: Matrix
    means: Matrix


def fit(
    labelled: Labelled, shrinkage: float = SHRINKAGE, share: float = SHARE, basis: Matrix | None = None
) -> Projection:
    """The projection that labelled photos of at least two products teach.

    ``shrinkage`` in (0, 1] draws the covariance within products towards a multiple of the identity; ``share`` in [0, 1]
    is the part of the cosine that the learned directions decide. ``basis``, shape (dim, d), spares computing
    ``principal_basis`` anew when many subsets of the same photos are fitted. ``UsageError`` where there are fewer
    products.
    """
    products = len(np.unique(labelled.products))
    if products < 2:
        raise UsageError(
            f"labelled photos of {products} products of this catalogue teach no directions; give photos of at least 2"
        )
    space = principal_basis(labelled) if basis is None else basis
    photo_mean = _product_means(labelled.photos, labelled.products).mean(axis=0)
    gallery_mean = labelled.gallery.mean(axis=0)
    known = np.isin(labelled.gallery_products, labelled.products)
    photos = (labelled.photos - photo_mean) @ space
    scatter = _scatter(
        photos,
        labelled.products,
        (labelled.gallery[known] - labelled.gallery[known].mean(axis=0)) @ space,
        labelled.gallery_products[known],
    )
    within = _shrunk(scatter.within, shrinkage)
    directions = _directions(within, scatter.means)
    memory = remember(photos @ directions, labelled.products)
    return Projection(gallery_mean, photo_mean, space @ directions, share, memory)


def principal_basis(labelled: Labelled, size: int = BASIS, seed: int = 0) -> Matrix:
    """An orthonormal basis of where photos and catalogue vary most, shape (dim, at most ``size``).

    Source: subspace iteration; Halko, Martinsson, Tropp, "Finding structure with randomness", SIAM Review 2011, 4.4.
    """
    rows = np.concatenate([labelled.photos, labelled.gallery])
    rows = rows - rows.mean(axis=0)
    size = min(size, rows.shape[1], len(rows))
    if size == rows.shape[1]:
        return np.eye(size, dtype=np.float32)
    found = np.random.default_rng(seed).standard_normal((rows.shape[1], size)).astype(np.float32)
    for _ in range(3):
        found = _orthonormal(rows.T @ (rows @ found))
    return found


def _orthonormal(columns: Matrix) -> Matrix:
    """An orthonormal basis of what the columns span; what is below float32's precision is dropped."""
    precise = columns.astype(np.float64)
    values, vectors = np.linalg.eigh(precise.T @ precise)
    kept = values > 1e-11 * values[-1]
    return np.ascontiguousarray(precise @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float32)


def _shrunk(within: Matrix, shrinkage: float) -> Matrix:
    size = len(within)
    even = float(np.trace(within)) / size or 1.0
    return np.asarray((1 - shrinkage) * within + shrinkage * even * np.eye(size), dtype=np.float32)


def _directions(within: Matrix, means: Matrix) -> Matrix:
    """Where means differ most once the spread within products is one in every direction, strongest first."""
    values, vectors = np.linalg.eigh(within)
    whitening = vectors / np.sqrt(np.maximum(values, 1e-12))
    centred = (means - means.mean(axis=0)) @ whitening
    _left, strengths, between = np.linalg.svd(centred, full_matrices=False)
    kept = strengths > 1e-4 * strengths[0] if strengths[0] > 0 else np.zeros(len(strengths), dtype=np.bool_)
    return np.asarray(whitening @ between[kept][:MOST_DIRECTIONS].T, dtype=np.float32)


def _scatter(
    photos: Matrix, products: npt.NDArray[np.str_], gallery: Matrix, gallery_products: npt.NDArray[np.str_]
) -> _Scatter:
    names, index, counts = np.unique(products, return_inverse=True, return_counts=True)
    photo_means, gallery_means = _product_means(photos, products), _product_means(gallery, gallery_products)
    around = (photos - photo_means[index]) / np.sqrt(counts[index] * len(names))[:, None]
    apart = (photo_means - gallery_means) / np.sqrt(len(names))
    weight = CATALOGUE_WEIGHT
    within = (1 - weight) * around.T @ around + weight * (1 - weight) * apart.T @ apart
    return _Scatter(within.astype(np.float32), (1 - weight) * photo_means + weight * gallery_means)


def _product_means(rows: Matrix, products: npt.NDArray[np.str_]) -> Matrix:
    """One mean a product, in order of its name."""
    order = np.argsort(products, kind="stable")
    _names, starts, counts = np.unique(products[order], return_index=True, return_counts=True)
    return np.asarray(np.add.reduceat(rows[order], starts, axis=0) / counts[:, None], dtype=np.float32)
