"""What is known of the products that may be the one, before anybody says how probable each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sosie.calibration.features import Features, Numbers, confidence_features
from sosie.types import Hit

if TYPE_CHECKING:
    from sosie.codes.base import Code
    from sosie.details.candidates import Geometry


@dataclass(frozen=True, slots=True, eq=False)
class Verified:
    """What the details of one of a candidate's items, ``item_id``, have in common with those of the query."""

    item_id: str
    geometry: Geometry


@dataclass(frozen=True, eq=False)
class Considered:
    """The candidates of one query, those that look most like it first.

    ``learned`` is what an adaptation tells of each (``Projection.evidence``). ``verified`` says of each candidate what
    its details tell, None where they were not compared; it is empty where no details were asked for. ``codes`` are
    those in the query's pictures that belong to a product, by product. ``rivals`` are products that a ``where`` keeps
    out of the answer: what comes is no surer for their being left out.
    """

    hits: tuple[Hit, ...]
    learned: Mapping[str, Numbers] = field(default_factory=dict)
    verified: tuple[Verified | None, ...] = ()
    codes: Mapping[str, Code] = field(default_factory=dict)
    rivals: frozenset[str] = frozenset()

    @cached_property
    def products(self) -> list[str]:
        """The product of each candidate."""
        return [hit.record.product_id for hit in self.hits]

    @property
    def details_agree(self) -> bool:
        """Whether the details of any candidate agree with the query's."""
        return any(one is not None and one.geometry.agreement is not None for one in self.verified)

    @cached_property
    def scores(self) -> list[float]:
        """The cosine of each candidate."""
        return [hit.score or 0.0 for hit in self.hits]

    @cached_property
    def evidence(self) -> Features:
        """The features of every candidate, as a calibration reads them."""
        return confidence_features(self.scores, {**self.learned, **self._of_details()}, self.joined)

    @cached_property
    def joined(self) -> Numbers:
        """The score that each candidate is ordered by without a calibration: its cosine, and what details add to it."""
        if not self.details_agree:
            return np.array(self.scores, np.float64)
        from sosie.details.candidates import Geometry
        from sosie.details.joining import joined_scores

        return joined_scores(self.scores, [Geometry() if one is None else one.geometry for one in self.verified])

    def without(self, product_id: str) -> Considered:
        """The same as if the catalogue did not have this product."""
        return self.where([row for row, product in enumerate(self.products) if product != product_id])

    def where(self, rows: Sequence[int]) -> Considered:
        """The chosen candidates, in this order."""
        return Considered(
            tuple(self.hits[row] for row in rows),
            {name: values[list(rows)] for name, values in self.learned.items()},
            tuple(self.verified[row] for row in rows) if self.verified else (),
            self.codes,
            self.rivals,
        )

    def _of_details(self) -> Features:
        """The features that details give; those of candidates that were not compared are missing."""
        compared = [row for row, one in enumerate(self.verified) if one is not None]
        if not compared:
            return {}
        from sosie.details.joining import geometry_features as evidence_of_details

        geometries = [one.geometry for one in self.verified if one is not None]
        found = evidence_of_details(geometries, [self.products[row] for row in compared])
        every = {name: np.full(len(self.hits), np.nan) for name in found}
        for name, values in found.items():
            every[name][compared] = values
        return every
