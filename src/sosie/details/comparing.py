"""One photo against all its candidates together: what speaks for each of them, and not for the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.details.aligning import NOTHING, Likeness, likeness
from sosie.details.base import Details
from sosie.details.matching import distance, matched
from sosie.details.verify import DEFAULT_SETTINGS, Agreement, VerificationSettings, agree
from sosie.types import RGB

_FULL_MARGIN = 0.15
"""A point counts in full where every other product is this share farther from it."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """An item that may show the product of the photo; ``thumbnail`` is the catalogue's picture, any size."""

    item_id: str
    product_id: str
    details: Details
    thumbnail: Image.Image | None = None


@dataclass(frozen=True, slots=True)
class Geometry:
    """What speaks for one candidate.

    ``distinct`` counts the agreeing pairs, each only as far as its point of the photo resembles this product more than
    any other candidate's; ``likeness`` compares the photo, laid onto the catalogue picture, with it.
    """

    agreement: Agreement | None
    distinct: float
    likeness: Likeness

    @property
    def inliers(self) -> int:
        """Number of agreeing pairs, 0 without agreement."""
        return 0 if self.agreement is None else self.agreement.inliers


def compare(
    query: Details,
    picture: Image.Image,
    candidates: Sequence[Candidate],
    settings: VerificationSettings = DEFAULT_SETTINGS,
) -> list[Geometry]:
    """What speaks for each candidate, in the order given.

    ``picture`` is the upright RGB photo whose details ``query`` are. Candidates of the same product do not compete with
    each other. Costs a few milliseconds a candidate; safe in many threads.
    """
    similarities = [query.descriptors @ one.details.descriptors.T for one in candidates]
    agreements = [
        agree(query, one.details, matched(cosines), settings)
        for one, cosines in zip(candidates, similarities, strict=True)
    ]
    nearest = [cosines.max(axis=1, initial=-1.0) for cosines in similarities]
    products = np.array([one.product_id for one in candidates])
    photo = _working(picture, query.size) if any(agreements) else None
    return [
        _geometry(one, agreement, photo, _of_others(nearest, products != one.product_id, len(query)))
        for one, agreement in zip(candidates, agreements, strict=True)
    ]


def _geometry(
    candidate: Candidate, agreement: Agreement | None, photo: RGB | None, others: npt.NDArray[np.float32]
) -> Geometry:
    if agreement is None or photo is None:
        return Geometry(None, 0.0, NOTHING)
    farther = distance(others[agreement.pairs.query]) / np.maximum(agreement.pairs.distances, 1e-6)
    distinct = float(((farther - 1) / _FULL_MARGIN).clip(0, 1).sum())
    if candidate.thumbnail is None:
        return Geometry(agreement, distinct, NOTHING)
    return Geometry(agreement, distinct, likeness(photo, candidate.thumbnail, agreement, candidate.details.size))


def _of_others(
    nearest: Sequence[npt.NDArray[np.float32]], others: npt.NDArray[np.bool_], points: int
) -> npt.NDArray[np.float32]:
    """For each point of the query the cosine of the most similar point of any other product, shape (points,)."""
    chosen = [one for one, other in zip(nearest, others, strict=True) if other]
    return np.max(chosen, axis=0) if chosen else np.full(points, -1.0, np.float32)


def _working(picture: Image.Image, size: tuple[int, int]) -> RGB:
    return np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BILINEAR, reducing_gap=3.0))
