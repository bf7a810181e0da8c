"""Combines geometry and embedding: features for the calibration, and scores that order candidates without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sosie.details.candidates import Geometry

Numbers = npt.NDArray[np.float64]

FEATURES = (
    "agreement",
    "agreement_margin",
    "distinct",
    "share",
    "spread",
    "colour",
    "pattern",
    "preference",
    "contested",
    "differing",
    "alike",
    "covered",
)
"""Features of a candidate:

- agreement: log of 1 + the number of agreeing pairs beyond ``CHANCE``, the number that may agree by accident
- agreement_margin: agreement minus that of the best other product
- distinct: log of 1 + ``Geometry.distinct``
- share, spread: see ``Agreement``. Share distinguishes a product best from its variants
- color, pattern, preference, alike, covered: see ``Geometry``
- contested: 1 if a rival explains the photo equally well, else 0
- differing: 1 if ``Geometry.differs``, else 0
"""

ALIKE, CLEAR_PREFERENCE = 0.5, 0.1
"""A rival explains the photo equally well under two conditions.

It has at least ``ALIKE`` times the candidate's agreeing pairs. And the candidate's preference over the rival is below
``CLEAR_PREFERENCE``, or unknown. Chosen on drawn variants of clothes and eshop pictures
(docs/quality-probabilities.md).
"""

CHANCE = 5
CLEAR_AGREEMENT = 8
"""From this number of agreeing pairs on, a product clearly agrees.

In 112 drawn photos of small or dark goods, no wrong product had more agreeing points than the right one at the usual
size of the photo.
"""

BEHIND = 0.2
"""A cosine: candidates without agreement rank this much below the best product that clearly agrees.

Otherwise pictures that resemble the surroundings would take part of its probability. Of 202 drawn photos among 10,000
items, 7 missed their product at a tie, and 3 miss it now.
"""

AGREEMENT_WEIGHT, PREFERENCE_WEIGHT = 0.15, 0.2
"""Cosines added for agreement and preference.

Chosen on labeled photos of groceries. Half or twice of either does nearly as well, with one network, with three, and
with an adaptation (``benchmarks/details.py``).
"""


def geometry_features(geometries: Sequence[Geometry], products: Sequence[str]) -> Mapping[str, Numbers]:
    """The ``FEATURES`` of all candidates of an answer, each of shape (n,); NaN where a feature is missing."""
    agreement = _agreement(geometries)
    return {
        "agreement": agreement,
        "agreement_margin": _margins(agreement, np.asarray(products)),
        "distinct": np.log1p(np.array([geometry.distinct for geometry in geometries], np.float64)),
        "share": _of_agreements(geometries, "share"),
        "spread": _of_agreements(geometries, "spread"),
        "colour": np.array([geometry.color for geometry in geometries], np.float64),
        "pattern": np.array([geometry.pattern for geometry in geometries], np.float64),
        "preference": np.array([geometry.preference for geometry in geometries], np.float64),
        "contested": _contested(geometries, products),
        "differing": np.array([geometry.differs for geometry in geometries], np.float64),
        "alike": np.array([geometry.alike for geometry in geometries], np.float64),
        "covered": np.array([geometry.covered for geometry in geometries], np.float64),
    }


def joined_scores(cosines: Sequence[float], geometries: Sequence[Geometry]) -> Numbers:
    """Scores that order candidates without labels, shape (n,): cosine plus weighted agreement and preference.

    ``cosines`` are the cosines of the embeddings. If a candidate agrees in ``CLEAR_AGREEMENT`` points, all candidates
    without agreement rank at least ``BEHIND`` below it: in a photo of a small product, the embedding mostly describes
    the surroundings.
    """
    preferences = np.nan_to_num(np.array([geometry.preference for geometry in geometries], np.float64))
    gained = AGREEMENT_WEIGHT * _agreement(geometries) + PREFERENCE_WEIGHT * preferences
    scores = np.asarray(np.asarray(cosines, np.float64) + gained)
    inliers = np.array([geometry.inliers for geometry in geometries], int)
    clear = scores[inliers >= CLEAR_AGREEMENT]
    if len(clear):
        scores[inliers == 0] = np.minimum(scores[inliers == 0], clear.max() - BEHIND)
    return scores


def _contested(geometries: Sequence[Geometry], products: Sequence[str]) -> Numbers:
    pairs = list(zip(products, geometries, strict=True))
    return np.array(
        [
            any(_explains_alike(other, geometry, rival) for rival, other in pairs if rival != product)
            for product, geometry in pairs
        ],
        np.float64,
    )


def _explains_alike(other: Geometry, geometry: Geometry, rival: str) -> bool:
    is_strong = other.inliers > 0 and other.inliers >= ALIKE * geometry.inliers
    return is_strong and not geometry.preferences.get(rival, np.nan) >= CLEAR_PREFERENCE


def _agreement(geometries: Sequence[Geometry]) -> Numbers:
    inliers = np.array([geometry.inliers for geometry in geometries], np.float64)
    return np.asarray(np.log1p(np.maximum(inliers - CHANCE, 0)))


def _of_agreements(geometries: Sequence[Geometry], name: str) -> Numbers:
    return np.array(
        [getattr(geometry.agreement, name) if geometry.agreement else np.nan for geometry in geometries], np.float64
    )


def _margins(values: Numbers, products: npt.NDArray[np.str_]) -> Numbers:
    """Each value minus the best value of any other product, or minus 0 if there is none."""
    best_of_others = [values[products != product].max(initial=0.0) for product in products]
    return values - np.asarray(best_of_others, np.float64)
