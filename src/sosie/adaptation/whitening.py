"""Learned whitening: finds directions that separate products and vary little with the conditions of a photo.

Sources: Mikolajczyk, Matas, "Improving descriptors for fast tree matching by optimal linear projection", ICCV 2007;
Radenović, Tolias, Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019, section 4; for
shrinkage: Friedman, "Regularized discriminant analysis", JASA 1989.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sosie.adaptation.labeled import Labeled
from sosie.adaptation.memory import remember
from sosie.adaptation.projection import Matrix, Projection
from sosie.adaptation.scatter import Names, Scatter, eigen, product_means
from sosie.errors import UsageError
from sosie.support.wording import amount

BASIS = 640
"""Covariances are estimated in at most this many principal directions of photos and catalog together."""

SHRINKAGE = 0.4
SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Learning:
    """Statistics of labeled photos, from which projections of any strength are computed.

    - ``gallery_mean`` and ``photo_mean`` have shape (dim,).
    - ``basis`` (dim, d) is orthonormal.
    - ``photos`` (n, d) are the photos minus their mean, in the basis; ``products`` are their products.
    """

    gallery_mean: Matrix
    photo_mean: Matrix
    basis: Matrix
    photos: Matrix
    products: Names
    scatter: Scatter

    @classmethod
    def of(cls, labeled: Labeled, basis: Matrix) -> Learning:
        """Computes the statistics; ``UsageError`` for photos of fewer than two products."""
        products = len(np.unique(labeled.products))
        if products < 2:
            raise UsageError(
                f"labeled photos of {amount(products, 'product')} of this catalog are too few to adapt; "
                "give photos of at least 2 products"
            )
        photo_mean = product_means(labeled.photos, labeled.products).mean(axis=0)
        photos = (labeled.photos - photo_mean) @ basis
        has_labels = np.isin(labeled.gallery_products, labeled.products)
        pictures = labeled.gallery[has_labels]
        pictures = (pictures - pictures.mean(axis=0)) @ basis
        scatter = Scatter.of(photos, labeled.products, pictures, labeled.gallery_products[has_labels])
        return cls(labeled.gallery.mean(axis=0), photo_mean, basis, photos, labeled.products, scatter)

    def projection(self, shrinkage: float, share: float) -> Projection:
        """The projection of this strength; see ``fit``."""
        directions = self.scatter.directions(shrinkage)
        memory = remember(self.photos @ directions, self.products)
        return Projection(self.gallery_mean, self.photo_mean, self.basis @ directions, share, memory)


def fit(
    labeled: Labeled, shrinkage: float = SHRINKAGE, share: float = SHARE, basis: Matrix | None = None
) -> Projection:
    """Fits a projection on labeled photos of at least two products; ``UsageError`` for fewer.

    - ``shrinkage`` in (0, 1] moves the covariance within products toward a multiple of the identity.
    - ``share`` in [0, 1] is the part of the cosine that the learned directions get.
    - ``basis`` (dim, d) saves time when many subsets of the same photos are fitted; by default ``principal_basis``.
    """
    space = principal_basis(labeled) if basis is None else basis
    return Learning.of(labeled, space).projection(shrinkage, share)


def principal_basis(labeled: Labeled, size: int = BASIS, seed: int = 0) -> Matrix:
    """An orthonormal basis of the principal directions of photos and catalog, shape (dim, at most ``size``).

    By subspace iteration: Halko, Martinsson, Tropp, "Finding structure with randomness", SIAM Review 2011, section 4.4.
    """
    rows = np.concatenate([labeled.photos, labeled.gallery])
    rows = rows - rows.mean(axis=0)
    size = min(size, rows.shape[1], len(rows))
    if size == rows.shape[1]:
        return np.eye(size, dtype=np.float32)
    basis = np.random.default_rng(seed).standard_normal((rows.shape[1], size)).astype(np.float32)
    covariance = rows.T @ rows if rows.shape[1] < min(3 * size, len(rows)) else None
    for _ in range(3):
        basis = _orthonormal(rows.T @ (rows @ basis) if covariance is None else covariance @ basis)
    return basis


def _orthonormal(columns: Matrix) -> Matrix:
    """An orthonormal basis of the span of the columns, without directions below the precision of float32."""
    precise = columns.astype(np.float64)
    values, vectors = eigen(precise.T @ precise)
    kept = values > 1e-11 * values[-1]
    return np.ascontiguousarray(precise @ (vectors[:, kept] / np.sqrt(values[kept])), dtype=np.float32)
