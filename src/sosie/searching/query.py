"""What is asked: pictures of one product as the embedder sees them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from sosie.embedders.base import Embedder
from sosie.errors import SosieError
from sosie.images.transform import to_pixels
from sosie.indexing.embedding import embed_each
from sosie.ranking import together
from sosie.searching.views import CLOSER, shorter_side_for, views_of
from sosie.types import Pixels, Vectors


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """One or several pictures of one product.

    ``views`` are the embedder's own unit vectors, shape (views, dim): of each picture the whole, then its centre
    squares.
    """

    views: Vectors

    @property
    def vector(self) -> Vectors:
        """The one vector that stands for all views, shape (dim,), unit length; before any adaptation."""
        return np.asarray(together(self.views)[0], np.float32)


@dataclass(frozen=True, slots=True)
class Questioner:
    """Makes queries of upright pictures; ``closer`` are the centre squares that are looked at beside the whole."""

    embedder: Embedder
    closer: tuple[float, ...] = CLOSER

    @property
    def shorter_side(self) -> int:
        """The shorter side, in pixels, with which pictures should be decoded."""
        return shorter_side_for(self.embedder.spec.transforms, self.closer)

    def pixels(self, pictures: Sequence[Image.Image]) -> list[tuple[Pixels, ...]]:
        """The network's input for every view of pictures of one product."""
        transforms = self.embedder.spec.transforms
        return [to_pixels(view, transforms) for picture in pictures for view in views_of(picture, self.closer)]

    def embed(self, inputs: Sequence[Sequence[tuple[Pixels, ...]]]) -> list[Query | SosieError]:
        """The query of each product's views, or why there is none; many are embedded in one go."""
        flat = [view for views in inputs for view in views]
        size = max(1, self.embedder.batch_size)
        vectors = [
            vector
            for start in range(0, len(flat), size)
            for vector in embed_each(self.embedder, flat[start : start + size])
        ]
        rest = iter(vectors)
        return [_query(list(itertools.islice(rest, len(views)))) for views in inputs]


def _query(views: Sequence[np.ndarray | SosieError]) -> Query | SosieError:
    failed = next((one for one in views if isinstance(one, SosieError)), None)
    return failed or Query(np.stack([one for one in views if isinstance(one, np.ndarray)]))
