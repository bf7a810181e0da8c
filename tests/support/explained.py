"""Matches, points and pooled colors for explanations."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from sosie.details.base import DESCRIPTOR_DIM, Details
from sosie.details.matching import Pairs
from sosie.details.verify import Agreement
from sosie.types import Match, Vectors

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def a_match(rank: int = 1, **changes) -> Match:
    values = dict(score=0.5, same_product=None, image="a.jpg", thumbnail=None, links=(), attributes={}, views=1)
    return Match(rank, f"product-{rank}", f"item-{rank}", **(values | changes))


def points_at(fractions: Sequence[tuple[float, float]], size: tuple[int, int]) -> Details:
    """Details whose points lie there, in fractions of the picture; their descriptors say nothing."""
    count = len(fractions)
    numbers = np.ones(count, np.float32)
    descriptors = np.full((count, DESCRIPTOR_DIM), DESCRIPTOR_DIM**-0.5, np.float32)
    return Details(size, np.array(fractions, np.float32).reshape(-1, 2) * size, numbers, numbers, descriptors)


def agreeing(count: int, tentative: int, query_polygon=WHOLE, item_polygon=WHOLE) -> Agreement:
    """Row n of the query agrees with row n of the item."""
    rows = np.arange(count)
    pairs = Pairs(rows, rows, np.linspace(0.1, 0.5, count, dtype=np.float32))
    return Agreement(tentative, pairs, np.eye(3), query_polygon, item_polygon, 0.5)


class PooledColors:
    """Embeds by how much of a picture has each of 64 colors, wherever it is: pooled, as networks do."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, pictures: Sequence[Image.Image]) -> Vectors:
        self.batches.append(len(pictures))
        return np.stack([self._one(picture) for picture in pictures])

    def _one(self, picture: Image.Image) -> Vectors:
        levels = np.asarray(picture.convert("RGB")).reshape(-1, 3) // 64
        counts = np.bincount(levels @ (16, 4, 1), minlength=64) + 1e-6
        return np.asarray(counts / np.linalg.norm(counts), np.float32)
