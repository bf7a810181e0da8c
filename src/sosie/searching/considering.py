"""What is known of the products that may be the one, before anybody says how probable each is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sosie.calibration.evidence import Evidence, evidence_of
from sosie.types import Hit


@dataclass(frozen=True, slots=True, eq=False)
class Considered:
    """The candidates of one query, best first.

    ``further`` is what an adaptation tells of them (``Projection.evidence``): features by name, each of shape
    (candidates,); nothing where nothing was learned from labels.
    """

    hits: tuple[Hit, ...]
    further: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    @property
    def scores(self) -> list[float]:
        """The candidates' cosines."""
        return [hit.score or 0.0 for hit in self.hits]

    @property
    def evidence(self) -> Evidence:
        """The features of every candidate, as a calibration reads them."""
        return evidence_of(self.scores, self.told)

    @property
    def told(self) -> dict[str, list[float]]:
        """The further features as lists."""
        return {name: values.tolist() for name, values in self.further.items()}

    def without(self, product_id: str) -> Considered:
        """The same as if the catalogue did not have this product."""
        rows = [row for row, hit in enumerate(self.hits) if hit.record.product_id != product_id]
        further = {name: values[rows] for name, values in self.further.items()}
        return Considered(tuple(self.hits[row] for row in rows), further)
