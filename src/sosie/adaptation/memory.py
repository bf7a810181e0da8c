"""The mean of each product's labeled photos along the learned directions, stored with an adaptation.

If the catalog lacks a product, its photo may resemble a catalog picture, but it is seldom near the labeled photos of
that picture's product. Source: Lee et al., "A simple unified framework for detecting out-of-distribution samples and
adversarial attacks", NeurIPS 2018, which measures the same distance to the means of classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Half = npt.NDArray[np.float16]
Matrix = npt.NDArray[np.float32]

MOST_PRODUCTS = 4_000
"""Most products in a memory; with 256 directions they take 2 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """``centers``, shape (p, m): the mean photo of each of p ``products``, ordered by name, along m directions."""

    products: npt.NDArray[np.str_]
    centers: Half

    def familiar(self, along: Matrix, products: npt.NDArray[np.str_]) -> Matrix:
        """Nearness of photos to each product's labeled photos: minus the log of the squared distance to their mean.

        ``along``, shape (n, m): the photos along the learned directions, scaled so that the spread within a product is
        1. The result is float32 of shape (n, len(products)); NaN for a product without labels.
        """
        centers = self.centers.astype(np.float32)
        squared = (along**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1) - 2.0 * along @ centers.T
        nearness = -np.log(np.maximum(squared, 1e-6))
        place = np.minimum(np.searchsorted(self.products, products), len(self.products) - 1)
        return np.where(self.products[place] == products, nearness[:, place], np.float32(np.nan))

    def parts(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """The arrays by name; ``of`` reads them."""
        yield "products", self.products
        yield "centres", self.centers

    @classmethod
    def of(cls, parts: Mapping[str, npt.NDArray[Any]]) -> Memory:
        """The memory from the arrays of ``parts``; ``KeyError`` if one is missing."""
        return cls(parts["products"], parts["centres"])


def remember(along: Matrix, products: npt.NDArray[np.str_]) -> Memory:
    """Makes the memory of labeled photos; ``along`` has shape (n, m).

    Of more than ``MOST_PRODUCTS`` products, those with the most photos are kept.
    """
    names, index, counts = np.unique(products, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), along.shape[1]))
    np.add.at(sums, index, along)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_PRODUCTS])
    return Memory(names[kept], (sums / counts[:, None])[kept].astype(np.float16))
