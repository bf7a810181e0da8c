"""Learned whitening: from labelled photos, the directions that tell products apart and forget how they were taken.

Sources: Mikolajczyk, Matas, "Improving descriptors for fast tree matching by optimal linear projection", ICCV 2007;
Radenović, Tolias, Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019, section 4; shrinkage:
Friedman, "Regularized discriminant analysis", JASA 1989.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sosie.adaptation.labelled import Labelled
from sosie.adaptation.memory import remember
from sosie.adaptation.projection import Matrix, Projection
from sosie.adaptation.scatter import Names, Scatter, eigen, product_means
from sosie.errors import UsageError
from sosie.support.wording import amount

BASIS = 640
"""The covariances are estimated in at most this many principal directions of photos and catalogue together."""

SHRINKAGE = 0.4
SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """What labelled photos teach, before it is decided how strongly to adapt.

    ``gallery_mean`` and ``photo_mean`` have shape (dim,), ``basis`` (dim, d); ``photos``, shape (n, d), are the photos
    less their mean, in the basis, and ``products`` name their products.
    """

    gallery_mean: Matrix
    photo_mean: Matrix
    basis: Matrix
    photos: Matrix
    products: Names
    scatter: Scatter

    @classmethod
    def of(cls, labelled: Labelled, basis: Matrix) -> Learning:
        """``UsageError`` where photos of fewer than two products are given."""
        products = len(np.unique(labelled.products))
        if products < 2:
            raise UsageError(
                f"labelled photos of {amount(products, 'product')} of this catalogue teach no directions; "
                "give photos of at least 2"
            )
        photo_mean = product_means(labelled.photos, labelled.products).mean(axis=0)
        photos = (labelled.photos - photo_mean) @ basis
        known = np.isin(labelled.gallery_products, labelled.products)
        pictures = labelled.gallery[known]
        pictures = (pictures - pictures.mean(axis=0)) @ basis
        scatter = Scatter.of(photos, labelled.products, pictures, labelled.gallery_products[known])
        return cls(labelled.gallery.mean(axis=0), photo_mean, basis, photos, labelled.products, scatter)

    def projection(self, shrinkage: float, share: float) -> Projection:
        """The projection of this strength; see ``fit``."""
        directions = self.scatter.directions(shrinkage)
        memory = remember(self.photos @ directions, self.products)
        return Projection(self.gallery_mean, self.photo_mean, self.basis @ directions, share, memory)


def fit(
    labelled: Labelled, shrinkage: float = SHRINKAGE, share: float = SHARE, basis: Matrix | None = None
) -> Projection:
    """The projection that labelled photos of at least two products teach.

    ``shrinkage`` in (0, 1] draws the covariance within products towards a multiple of the identity; ``share`` in [0, 1]
    is the part of the cosine that the learned directions decide. ``basis``, shape (dim, d), spares computing
    ``principal_basis`` anew when many subsets of the same photos are fitted. ``UsageError`` where there are fewer
    products.
    """
    space = principal_basis(labelled) if basis is None else basis
    return Learning.of(labelled, space).projection(shrinkage, share)


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
    covariance = rows.T @ rows if rows.shape[1] < min(3 * size, len(rows)) else None
    for _ in range(3):
        found = _orthonormal(rows.T @ (rows @ found) if covariance is None else covariance @ found)
    return found


def _orthonormal(columns: Matrix) -> Matrix:
    """An orthonormal basis of what the columns span; what is below float32's precision is dropped."""
    precise = columns.astype(np.float64)
    values, vectors = eigen(precise.T @ precise)
    kept = values > 1e-11 * values[-1]
    return np.ascontiguousarray(precise @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float32)
