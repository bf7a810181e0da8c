"""What there is to learn from: labelled photos, and the catalogue beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sosie.types import Vectors


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
