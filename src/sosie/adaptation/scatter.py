"""Scatter matrices of photos: within products, and between products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sosie.adaptation.projection import Matrix
from sosie.support.blas import one_blas_thread

CATALOG_WEIGHT = 0.25
"""Weight of a product's catalog pictures against its photos, whatever their numbers; see docs/quality.md."""

MOST_DIRECTIONS = 256

Symmetric = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Scatter:
    """The covariance within products and the scatter of their means; every product has the same weight.

    - ``axes`` (d, d): the principal axes within products, in columns.
    - ``within`` (d,): the variances along these axes.
    - ``between`` (d, d): the scatter of the products' means, along the same axes.
    """

    within: npt.NDArray[np.float64]
    axes: Symmetric
    between: Symmetric

    @classmethod
    def of(cls, photos: Matrix, products: Names, gallery: Matrix, gallery_products: Names) -> Scatter:
        """The scatter of labeled photos, shape (n, d), and of the same products' catalog pictures, shape (m, d)."""
        names, index, counts = np.unique(products, return_inverse=True, return_counts=True)
        photo_means, gallery_means = product_means(photos, products), product_means(gallery, gallery_products)
        around: Matrix = (photos - photo_means[index]) / np.sqrt(counts * len(names)).astype(np.float32)[index, None]
        apart: Matrix = (photo_means - gallery_means) / np.float32(np.sqrt(len(names)))
        weight = CATALOG_WEIGHT
        within, axes = eigen((1 - weight) * (around.T @ around) + weight * (1 - weight) * (apart.T @ apart))
        means = (1 - weight) * photo_means + weight * gallery_means
        along = (means - means.mean(axis=0)) @ axes
        return cls(within, axes, along.T @ along)

    def directions(self, shrinkage: float) -> Matrix:
        """Directions in which the means of products differ most after whitening within products, strongest first.

        Shape (d, at most ``MOST_DIRECTIONS``). ``shrinkage`` moves the covariance within products toward a multiple of
        the identity.
        """
        even = float(self.within.mean()) or 1.0
        spread = np.sqrt(np.maximum((1 - shrinkage) * self.within + shrinkage * even, 1e-12))
        strengths, axes_found = eigen(self.between / np.outer(spread, spread))
        kept = strengths > max(1e-8 * strengths[-1], 0.0)
        strongest = axes_found[:, kept][:, ::-1][:, :MOST_DIRECTIONS]
        return np.asarray((self.axes / spread) @ strongest, dtype=np.float32)


def product_means(rows: Matrix, products: Names) -> Matrix:
    """The mean of each product, ordered by name."""
    order = np.argsort(products, kind="stable")
    _names, starts, counts = np.unique(products[order], return_index=True, return_counts=True)
    return np.asarray(np.add.reduceat(rows[order], starts, axis=0) / counts[:, None], dtype=np.float32)


def eigen(symmetric: npt.NDArray[np.floating[Any]]) -> tuple[npt.NDArray[np.float64], Symmetric]:
    """Eigenvalues, smallest first, and eigenvectors in columns, in double precision."""
    # One thread: LAPACK's threads wait for each other at every column. Beside other work, two took 100 times as long.
    with one_blas_thread():
        values, vectors = np.linalg.eigh(symmetric.astype(np.float64))
    return values, vectors
