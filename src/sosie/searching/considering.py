"""What is known of the products that may be the one, before anybody says how probable each is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.calibration.evidence import Evidence, evidence_of
from sosie.types import Hit


@dataclass(frozen=True, slots=True, eq=False)
class Considered:
    """The candidates of one query, best first.

    ``learned`` are their cosines along the learned directions, shape (candidates,), None where nothing was learned
    from labels.
    """

    hits: tuple[Hit, ...]
    learned: npt.NDArray[np.float64] | None = None

    @property
    def evidence(self) -> Evidence:
        """The features of every candidate, as a calibration reads them."""
        return evidence_of(
            [hit.score or 0.0 for hit in self.hits], None if self.learned is None else self.learned.tolist()
        )

    def without(self, product_id: str) -> Considered:
        """The same as if the catalogue did not have this product."""
        rows = [row for row, hit in enumerate(self.hits) if hit.record.product_id != product_id]
        return Considered(tuple(self.hits[row] for row in rows), None if self.learned is None else self.learned[rows])
