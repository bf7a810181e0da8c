"""From what is known of the candidates to their order, their probabilities and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

from sosie.calibration import Calibration
from sosie.searching.answer import Answer, Candidate
from sosie.searching.calibrations import name_of
from sosie.searching.considering import Considered, Verified
from sosie.types import JSON


def judge(considered: Considered, calibration: Calibration | None) -> Answer:
    """The candidates in their final order; without a calibration no probability and no verdict."""
    order = considered.order()
    if calibration is None:
        return Answer(tuple(Candidate(considered.hits[row], None, told(considered, row)) for row in order))
    ordered = considered.where(order)
    probabilities = calibration.same_product(ordered.evidence)
    first = probabilities[0] if probabilities else None
    return Answer(
        tuple(
            Candidate(hit, probability, told(ordered, row))
            for row, (hit, probability) in enumerate(zip(ordered.hits, probabilities, strict=True))
        ),
        calibration.verdict(first),
        name_of(calibration),
    )


def told(considered: Considered, row: int) -> Mapping[str, JSON]:
    """What a person, or a page, is told of the details of a candidate; nothing where none agree."""
    verified = considered.verified[row] if considered.verified else None
    return {} if verified is None else _told(verified)


def _told(verified: Verified) -> Mapping[str, JSON]:
    agreement = verified.geometry.agreement
    if agreement is None:
        return {}
    return {
        "item_id": verified.item_id,
        "inliers": agreement.inliers,
        "share": round(agreement.share, 3),
        "spread": round(agreement.spread, 3),
        "distinct": round(verified.geometry.distinct, 1),
        "query_polygon": [list(corner) for corner in agreement.query_polygon],
        "item_polygon": [list(corner) for corner in agreement.item_polygon],
    }
