"""The evidence for the candidates of a query, from which probabilities are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sosie.calibration.features import Features, Numbers, confidence_features
from sosie.calibration.model import CONTESTED_FEATURE
from sosie.types import Hit

if TYPE_CHECKING:
    from sosie.codes.base import Code
    from sosie.details.candidates import Geometry

FILTER_TRUST = 0.3
"""A cosine that is subtracted from the scores of products which a filter excludes.

These products still compete with the candidates, in case the filter excludes the right product by mistake. With this
value the vote (a softmax of temperature 0.05) assumes such a mistake for one of 400 photos: exp(−0.3 / 0.05) = exp(−6).
Chosen among 0 … 1 on household photos. For 0 to 20 % of them the filter excluded the right product
(docs/decisions-probabilities.md).
"""


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """The geometric evidence for the item ``item_id`` of a candidate."""

    item_id: str
    geometry: Geometry


@dataclass(frozen=True, eq=False)
class Considered:
    """The candidates of a query with their evidence, highest cosine first.

    - ``hits``: the best item of each candidate.
    - ``learned``: features from an adaptation (``Projection.evidence``).
    - ``verified``: the compared details of each candidate, None if they were not compared; empty without details.
    - ``codes``: the codes in the query's pictures, by product.
    - ``filtered_out``: candidates that the filter excludes from the answer. They still lower the probabilities of
      others.
    """

    hits: tuple[Hit, ...]
    learned: Mapping[str, Numbers] = field(default_factory=dict)
    verified: tuple[Verified | None, ...] = ()
    codes: Mapping[str, Code] = field(default_factory=dict)
    filtered_out: frozenset[str] = frozenset()

    @cached_property
    def products(self) -> list[str]:
        """The product of each candidate."""
        return [hit.record.product_id for hit in self.hits]

    @property
    def details_agree(self) -> bool:
        """True if the details of any candidate agree with those of the query."""
        return any(item is not None and item.geometry.agreement is not None for item in self.verified)

    @property
    def most_inliers(self) -> int:
        """The largest number of agreeing pairs of any candidate."""
        return max((item.geometry.inliers for item in self.verified if item is not None), default=0)

    @cached_property
    def scores(self) -> list[float]:
        """The cosine of each candidate."""
        return [hit.score or 0.0 for hit in self.hits]

    @cached_property
    def evidence(self) -> Features:
        """The features of every candidate, as a calibration expects them.

        ``FILTER_TRUST`` is subtracted from the scores of products that the filter excludes. A candidate is contested,
        and so not called a match, if an excluded product has a higher joined score before this subtraction.
        """
        excluded = np.array([product in self.filtered_out for product in self.products], bool)
        trust = FILTER_TRUST * excluded
        further = {**self.learned, **self._detail_features()}
        if excluded.any():
            contested = further.get(CONTESTED_FEATURE, np.zeros(len(excluded)))
            further[CONTESTED_FEATURE] = np.fmax(contested, self.joined < self.joined[excluded].max())
        return confidence_features(np.array(self.scores, np.float64) - trust, further, self.joined - trust)

    @cached_property
    def joined(self) -> Numbers:
        """The joined score of each candidate, shape (n,).

        If the store has no calibration, these scores give the order of the candidates. If it has one, probabilities
        give the order, and these scores only that of candidates with equal probabilities.

        The cosine, raised by agreeing details. It is also raised if the photo fits this candidate better than every
        rival, and lowered if a rival fits better.
        """
        if not self.details_agree:
            return np.array(self.scores, np.float64)
        from sosie.details.candidates import Geometry
        from sosie.details.joining import joined_scores

        return joined_scores(self.scores, [Geometry() if item is None else item.geometry for item in self.verified])

    def without(self, product_id: str) -> Considered:
        """The candidates as if the catalog lacked this product, and no candidate had been compared with it."""
        left = self.where([row for row, product in enumerate(self.products) if product != product_id])
        removed = [item for product, item in zip(self.products, self.verified, strict=False) if product == product_id]
        if not any(item is not None and item.geometry.agreement for item in removed):
            return left
        return replace(left, verified=_without_rival(left))

    def where(self, rows: Sequence[int]) -> Considered:
        """The candidates in these rows, in this order."""
        return Considered(
            tuple(self.hits[row] for row in rows),
            {name: values[list(rows)] for name, values in self.learned.items()},
            tuple(self.verified[row] for row in rows) if self.verified else (),
            self.codes,
            self.filtered_out,
        )

    def _detail_features(self) -> Features:
        """The features of details, each of shape (n,); NaN for candidates that were not compared."""
        compared = [row for row, item in enumerate(self.verified) if item is not None]
        if not compared:
            return {}
        from sosie.details.joining import geometry_features as evidence_of_details

        geometries = [item.geometry for item in self.verified if item is not None]
        compared_features = evidence_of_details(geometries, [self.products[row] for row in compared])
        features = {name: np.full(len(self.hits), np.nan) for name in compared_features}
        for name, values in compared_features.items():
            features[name][compared] = values
        return features


def _without_rival(left: Considered) -> tuple[Verified | None, ...]:
    from sosie.details.candidates import without_rival

    compared = [row for row, item in enumerate(left.verified) if item is not None]
    geometries = [item.geometry for item in left.verified if item is not None]
    anew = without_rival(geometries, [left.products[row] for row in compared])
    by_row = dict(zip(compared, anew, strict=True))
    return tuple(
        None if item is None else replace(item, geometry=by_row[row]) for row, item in enumerate(left.verified)
    )
