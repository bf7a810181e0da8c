"""The mean of each product's labeled photos along the learned directions, kept with an adaptation.

A photo of a product that the catalog lacks may resemble a catalog picture, but it is seldom near the photos of that
product. Source: Lee et al., "A simple unified framework for detecting out-of-distribution samples and adversarial
attacks", NeurIPS 2018, which measures the same distance to the means of the classes.
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
"""Limits a memory of 256 directions to 2 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """``centers``, shape (p, m): the mean photo of each of ``products``, in order of name, along m directions."""

    products: npt.NDArray[np.str_]
    centers: Half

    def familiar(self, along: Matrix, products: npt.NDArray[np.str_]) -> Matrix:
        """Nearness of photos to the labeled photos of products: minus the log of the squared distance.

        ``along``, shape (n, m): the photos along the learned directions, where the spread within a product is 1. Shape
        (n, len(products)), float32; NaN for a product without labels.
        """
        centers = self.centers.astype(np.float32)
        squared = (along**2).sum(axis=1)[:, None] + (centers**2).sum(axis=1) - 2.0 * along @ centers.T
        nearness = -np.log(np.maximum(squared, 1e-6))
        place = np.minimum(np.searchsorted(self.products, products), len(self.products) - 1)
        return np.where(self.products[place] == products, nearness[:, place], np.float32(np.nan))

    def parts(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """The arrays by name, as ``of`` takes them."""
        yield "products", self.products
        yield "centres", self.centers

    @classmethod
    def of(cls, parts: Mapping[str, npt.NDArray[Any]]) -> Memory:
        """The memory from ``parts``; ``KeyError`` if an array is missing."""
        return cls(parts["products"], parts["centres"])


def remember(along: Matrix, products: npt.NDArray[np.str_]) -> Memory:
    """The memory of labeled photos, shape (n, m) along the learned directions.

    At most ``MOST_PRODUCTS`` products are kept, those with the most photos.
    """
    names, index, counts = np.unique(products, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), along.shape[1]))
    np.add.at(sums, index, along)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_PRODUCTS])
    return Memory(names[kept], (sums / counts[:, None])[kept].astype(np.float16))
