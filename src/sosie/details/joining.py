"""Combines geometry and looks: features for the calibration, and scores for the order without labels."""

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
)
"""agreement: log of the number of agreeing pairs beyond the ``CHANCE`` that may agree by accident; agreement_margin: to
the best other product; distinct: log of one more than its count; share, spread: see ``Agreement``; color, pattern,
preference: see ``Geometry``; contested: 1 if a rival explains the photo alike, else 0; differing: 1 if it ``differs``,
else 0. Share distinguishes best between the product and another variant of it."""

ALIKE, CLEAR_PREFERENCE = 0.5, 0.1
"""A rival explains the photo alike if it has this share of a candidate's agreeing pairs and the preference over it is
below that or unknown. Chosen on drawn variants of clothes and eshop pictures (docs/quality-probabilities.md)."""

CHANCE = 5
CLEAR_AGREEMENT = 8
"""So many agreeing pairs count more than any looks. In 112 drawn photos of small or dark goods, no wrong product agreed
in more points than the right one at the usual look."""

BEHIND = 0.2
"""In cosines: so far behind a product that clearly agrees are those that agree in nothing. At a tie, ten pictures like
the surroundings shared its vote: of 202 drawn photos among 10,000 items 7 missed their product, and 3 do now."""

AGREEMENT_WEIGHT, PREFERENCE_WEIGHT = 0.15, 0.2
"""In cosines. Chosen on labeled photos of groceries, for which half or twice of either does nearly as well, with the
embeddings of one network, of three, and adapted ones alike (``benchmarks/details.py``)."""


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
    }


def joined_scores(cosines: Sequence[float], geometries: Sequence[Geometry]) -> Numbers:
    """Scores that order candidates without labels, shape (n,): cosine, agreement and preference combined.

    ``cosines`` are those of the embedding. A candidate that agrees in many points ranks first; without agreement, the
    scores are the cosines. If any candidate agrees in ``CLEAR_AGREEMENT`` points, those that agree in none rank
    ``BEHIND`` it: in a photo of a small product, looks are those of its surroundings.
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
    """The margin of each value to the best of any other product, or to 0 if there is none."""
    best_of_others = [values[products != product].max(initial=0.0) for product in products]
    return values - np.asarray(best_of_others, np.float64)
