"""What an adapted catalogue remembers of the labelled photos: where each product's lie along the learned directions.

A photo of a product that the catalogue does not have may look like a catalogue picture, but it seldom lies where photos
of that product lie. Source: Lee et al., "A simple unified framework for detecting out-of-distribution samples and
adversarial attacks", NeurIPS 2018, which measures the same distance to the means of the classes.
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
"""So that with 256 directions a memory takes 2 MB at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """``centres``, shape (p, m): the mean photo of each of ``products``, in order of name, along m directions."""

    products: npt.NDArray[np.str_]
    centres: Half

    def familiar(self, along: Matrix, products: npt.NDArray[np.str_]) -> Matrix:
        """How near photos lie to the labelled photos of products: minus the log of the squared distance.

        ``along``, shape (n, m): the photos along the learned directions, where the spread within a product is one.
        Shape (n, len(products)), float32; NaN for a product without labels.
        """
        centres = self.centres.astype(np.float32)
        squared = (along**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1) - 2.0 * along @ centres.T
        found = -np.log(np.maximum(squared, 1e-6))
        place = np.minimum(np.searchsorted(self.products, products), len(self.products) - 1)
        return np.where(self.products[place] == products, found[:, place], np.float32(np.nan))

    def parts(self) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Everything that is remembered, by name; what ``of`` takes."""
        yield "products", self.products
        yield "centres", self.centres

    @classmethod
    def of(cls, parts: Mapping[str, npt.NDArray[Any]]) -> Memory:
        """What ``parts`` gave; ``KeyError`` where something is missing."""
        return cls(parts["products"], parts["centres"])


def remember(along: Matrix, products: npt.NDArray[np.str_]) -> Memory:
    """The memory of labelled photos, shape (n, m) along the learned directions.

    Of more than ``MOST_PRODUCTS`` products those with most photos are remembered.
    """
    names, index, counts = np.unique(products, return_inverse=True, return_counts=True)
    sums = np.zeros((len(names), along.shape[1]))
    np.add.at(sums, index, along)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_PRODUCTS])
    return Memory(names[kept], (sums / counts[:, None])[kept].astype(np.float16))
