"""Compares a photo with all candidates, and measures what distinguishes the candidates from each other."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.details.aligning import (
    Aligned,
    Softened,
    align,
    alike,
    color,
    differs,
    likeness_of,
    pattern,
    preference,
    soften,
)
from sosie.details.base import Details
from sosie.details.verify import Agreement, covered_share, verify

MOST_RIVALS = 4
"""Number of products that are compared pixel by pixel: those with the most agreeing points."""

_EQUALLY_SIMILAR = 1e-4
"""Two distances are taken as equal up to this difference, because of rounding."""

Agreements = Sequence[Agreement | None]


@dataclass(frozen=True, slots=True, eq=False)
class DetailsCandidate:
    """An item that the photo is compared with. ``thumbnail`` is its catalog picture, of any size."""

    item_id: str
    product_id: str
    details: Details
    thumbnail: Image.Image | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """The geometric evidence for a candidate. A number is NaN if there is nothing to compare.

    - ``agreement``: the pairs of points that agree; None if too few do.
    - ``distinct``: the number of agreeing pairs for which no other product is as similar as this one.
    - ``color``, ``pattern``: similarity to the catalog picture after alignment, −1 … 1.
    - ``preferences``: for each rival product, whether the photo is more like this product (toward 1) or more like the
      rival (toward −1), measured where the two catalog pictures differ.
    - ``preference``: the lowest of ``preferences``.
    - ``differs``: True if a place between the agreeing points does not look like the catalog picture.
    - ``alike``: the share of the visible product that looks like the catalog picture.
    - ``covered``: the share of the item's visible points that are near an agreeing one.
    """

    agreement: Agreement | None = None
    distinct: int = 0
    color: float = np.nan
    pattern: float = np.nan
    preference: float = np.nan
    preferences: Mapping[str, float] = field(default_factory=dict)
    differs: bool = False
    alike: float = np.nan
    covered: float = np.nan

    @property
    def inliers(self) -> int:
        """Number of agreeing pairs, 0 without agreement."""
        return 0 if self.agreement is None else self.agreement.inliers


def compare_candidates(
    query: Details,
    picture: Image.Image,
    candidates: Sequence[DetailsCandidate],
    verified: Mapping[str, Agreement | None] | None = None,
) -> list[Geometry]:
    """The geometric evidence for each candidate, in order.

    ``picture`` is the upright RGB photo, and ``query`` are its details. Candidates of the same product do not compete
    with each other. ``verified`` has the agreement with each candidate, by item_id, if these were computed before.
    Takes a few milliseconds a candidate; thread-safe.
    """
    by_item = verify_each(query, candidates) if verified is None else verified
    agreements = [by_item[candidate.item_id] for candidate in candidates]
    if not any(agreements):
        return [Geometry() for _ in candidates]
    products = np.array([candidate.product_id for candidate in candidates])
    alignments = _aligned(query, picture, candidates, agreements)
    preferences = _preferences(agreements, alignments, products)
    nearest = _nearest_products(len(query), agreements, products)
    return [
        replace(
            _resemblance(agreement, aligned),
            distinct=int((nearest[agreement.pairs.query] == product).sum()),
            preference=min(preferred.values(), default=np.nan),
            preferences=preferred,
            covered=covered_share(query, candidate.details, agreement),
        )
        if agreement
        else Geometry()
        for candidate, agreement, aligned, product, preferred in zip(
            candidates, agreements, alignments, products, preferences, strict=True
        )
    ]


def verify_each(query: Details, candidates: Iterable[DetailsCandidate]) -> dict[str, Agreement | None]:
    """The agreement of the query with each candidate, by item_id; None where they do not agree."""
    return {candidate.item_id: verify(query, candidate.details) for candidate in candidates}


def _resemblance(agreement: Agreement, aligned: Aligned | None) -> Geometry:
    """The geometry with the comparison of the pixels, which is missing where nothing is aligned."""
    if aligned is None:
        return Geometry(agreement)
    likeness = likeness_of(aligned)
    return Geometry(
        agreement,
        color=color(aligned),
        pattern=pattern(aligned, likeness),
        differs=differs(aligned, likeness, agreement),
        alike=alike(aligned, likeness),
    )


def without_rival(geometries: Sequence[Geometry], products: Sequence[str]) -> list[Geometry]:
    """The geometries of the candidates that are left after the caller has removed a rival.

    ``products`` names the product of each of them. ``distinct``, ``preferences`` and ``preference`` are computed again,
    because they depended on the rival.
    """
    agreements = [geometry.agreement for geometry in geometries]
    names = np.asarray(products)
    points = max((int(geometry.pairs.query.max()) + 1 for geometry in agreements if geometry), default=0)
    nearest = _nearest_products(points, agreements, names)
    return [
        replace(_against(geometry, products), distinct=int((nearest[geometry.agreement.pairs.query] == product).sum()))
        if geometry.agreement
        else geometry
        for geometry, product in zip(geometries, names, strict=True)
    ]


def _against(geometry: Geometry, products: Collection[str]) -> Geometry:
    """The geometry with only the preferences over these products."""
    left = {rival: preferred for rival, preferred in geometry.preferences.items() if rival in products}
    return replace(geometry, preferences=left, preference=min(left.values(), default=np.nan))


def _aligned(
    query: Details, picture: Image.Image, candidates: Sequence[DetailsCandidate], agreements: Agreements
) -> list[Aligned | None]:
    photo = soften(picture, query.size)
    return [_laid_on(photo, candidate, agreement) for candidate, agreement in zip(candidates, agreements, strict=True)]


def _laid_on(photo: Softened, candidate: DetailsCandidate, agreement: Agreement | None) -> Aligned | None:
    """The photo aligned with a candidate's thumbnail; None if the thumbnail is missing or cannot be decoded."""
    if not agreement or not candidate.thumbnail:
        return None
    try:
        return align(photo, candidate.thumbnail, agreement, candidate.details.size)
    except (OSError, SyntaxError):
        return None


def _nearest_products(points: int, agreements: Agreements, products: npt.NDArray[np.str_]) -> npt.NDArray[np.str_]:
    """For each point of the query, the product whose agreeing point is the most similar.

    The name is empty if two products are equally similar, which happens because variants share parts of their pictures.
    """
    names, numbers = np.unique(products, return_inverse=True)
    distances = np.full((len(names) + 2, points), np.inf, np.float32)
    for agreement, number in zip(agreements, numbers, strict=True):
        if agreement:
            rows = agreement.pairs.query
            distances[number, rows] = np.minimum(distances[number, rows], agreement.pairs.distances)
    first, second = np.partition(distances, 1, axis=0)[:2]
    is_clear = second > first + _EQUALLY_SIMILAR
    return np.where(is_clear, np.append(names, ["", ""])[distances.argmin(axis=0)], "")


def _preferences(
    agreements: Agreements, alignments: Sequence[Aligned | None], products: npt.NDArray[np.str_]
) -> list[dict[str, float]]:
    """For each candidate, the preferences over its rivals, by rival product."""
    rivals = _rivals(agreements, alignments, products)
    preferred: list[dict[str, float]] = [{} for _ in products]
    for (first, aligned), (second, other) in itertools.combinations(rivals.items(), 2):
        difference = preference(aligned, other)
        preferred[first][str(products[second])] = difference
        preferred[second][str(products[first])] = -difference
    return preferred


def _rivals(
    agreements: Agreements, alignments: Sequence[Aligned | None], products: npt.NDArray[np.str_]
) -> dict[int, Aligned]:
    """The aligned photo of each rival, by the candidate's index. Rivals are the products with the most agreeing points.

    Each product is represented by its best candidate.
    """
    counts = np.array([agreement.inliers if agreement else 0 for agreement in agreements])
    rivals: dict[int, Aligned] = {}
    taken: set[str] = set()
    for place in np.argsort(-counts, kind="stable").tolist():
        aligned, product = alignments[place], str(products[place])
        if aligned and product not in taken and len(rivals) < MOST_RIVALS:
            rivals[place] = aligned
            taken.add(product)
    return rivals
