"""What geometry adds to looks: numbers for the calibration, and the order of an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from sosie.details.comparing import Geometry

Numbers = npt.NDArray[np.float64]

FEATURES = ("inliers", "distinct", "distinct_margin", "colour", "colour_margin", "pattern", "pattern_margin")
"""inliers, distinct: logs of one more than their counts; colour: correlation of Lab a and b; pattern: correlation of
lightness in windows; margins: to the best other product."""


def evidence_of(geometries: Sequence[Geometry], products: Sequence[str]) -> Mapping[str, Numbers]:
    """The features of all candidates of one answer, of shape (n,); NaN where a candidate has none of it."""
    names = np.asarray(products)
    found = {
        "inliers": np.log1p([float(one.inliers) for one in geometries]),
        "distinct": np.log1p([one.distinct for one in geometries]),
        "colour": np.array([one.likeness.colour_correlation for one in geometries], np.float64),
        "pattern": np.array([one.likeness.pattern for one in geometries], np.float64),
    }
    margins = {f"{name}_margin": _margin(found[name], names) for name in ("distinct", "colour", "pattern")}
    every = found | margins
    return {name: every[name] for name in FEATURES}


def _margin(values: Numbers, products: npt.NDArray[np.str_]) -> Numbers:
    """How far each value is above the best of any other product; NaN where either is missing."""
    shown = np.where(np.isnan(values), -np.inf, values)
    best = np.array([shown[products != product].max(initial=-np.inf) for product in products])
    return np.where(np.isfinite(best), values - best, np.nan)
