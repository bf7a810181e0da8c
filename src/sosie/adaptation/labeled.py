"""The training data of an adaptation: labeled photos and the pictures of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Labeled:
    """Labeled ``photos`` (n, dim) and the pictures of their catalog, ``gallery`` (m, dim); all are unit vectors.

    ``products`` and ``gallery_products`` name the product of each row. ``left_out`` is the number of photos whose
    product the catalog lacks.
    """

    photos: Vectors
    products: npt.NDArray[np.str_]
    gallery: Vectors
    gallery_products: npt.NDArray[np.str_]
    left_out: int = 0

    @classmethod
    def of(cls, photos: Vectors, products: Sequence[str], gallery: Vectors, gallery_products: Sequence[str]) -> Labeled:
        """Makes the data, and leaves out photos of products that the catalog lacks."""
        names, gallery_names = np.asarray(products, dtype=np.str_), np.asarray(gallery_products, dtype=np.str_)
        kept = np.isin(names, gallery_names)
        return cls(photos[kept], names[kept], gallery, gallery_names, left_out=int((~kept).sum()))

    @property
    def covered(self) -> float:
        """The share of the catalog's products that have labeled photos."""
        return len(np.unique(self.products)) / max(1, len(np.unique(self.gallery_products)))

    def where(self, chosen: npt.NDArray[np.bool_]) -> Labeled:
        """The chosen photos and the whole catalog."""
        return replace(self, photos=self.photos[chosen], products=self.products[chosen])

    def beside(self, most: int, seed: int = 0) -> Labeled:
        """All photos, and at most ``most`` pictures of the catalog.

        First comes one picture of each labeled product, then more pictures of these products, then any pictures. Every
        labeled product keeps a picture, even if these are more than ``most``.
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
