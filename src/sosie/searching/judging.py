"""From what is known of the candidates to their order, their probabilities and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sosie.calibration import Calibration
from sosie.calibration.evidence import Numbers
from sosie.searching.answer import Answer, Candidate
from sosie.searching.calibrations import name_of
from sosie.searching.considering import Considered
from sosie.types import JSON


def judge(considered: Considered, calibration: Calibration | None) -> Answer:
    """The candidates in their final order; without a calibration there are no probabilities and no verdict."""
    if not considered.hits:
        return Answer((), *(() if calibration is None else ("no match", name_of(calibration))))
    order = order_of(considered)
    told = [evidence_told(considered, row) for row in order]
    hits = [considered.hits[row] for row in order]
    if calibration is None:
        return Answer(tuple(Candidate(hit, None, one) for hit, one in zip(hits, told, strict=True)))
    evidence = considered.evidence
    probabilities = _shared_out(calibration.model.probability(evidence)[order])
    in_catalogue = float(calibration.known.probability(evidence)[order[0]])
    return Answer(
        tuple(map(Candidate, hits, probabilities, told)),
        calibration.verdict(probabilities[0], in_catalogue),
        name_of(calibration),
    )


def order_of(considered: Considered) -> list[int]:
    """The rows of the candidates, best first: by looks, and by details where these say anything."""
    if not any(considered.verified):
        return list(range(len(considered.hits)))
    from sosie.details.comparing import Geometry
    from sosie.details.joining import joined_scores

    geometries = [Geometry() if one is None else one.geometry for one in considered.verified]
    scores = joined_scores([hit.score or 0.0 for hit in considered.hits], geometries)
    order: list[int] = np.argsort(-scores, kind="stable").tolist()
    return order


def evidence_told(considered: Considered, row: int) -> Mapping[str, JSON]:
    """What a person, or a page, is told of the details of a candidate; nothing where none agree."""
    verified = considered.verified[row] if considered.verified else None
    agreement = None if verified is None else verified.geometry.agreement
    if verified is None or agreement is None:
        return {}
    return {
        "item_id": verified.item_id,
        "inliers": agreement.inliers,
        "distinct": verified.geometry.distinct,
        "share": round(agreement.share, 3),
        "spread": round(agreement.spread, 3),
        "query_polygon": [list(corner) for corner in agreement.query_polygon],
        "item_polygon": [list(corner) for corner in agreement.item_polygon],
    }


def _shared_out(probabilities: Numbers) -> list[float]:
    """The probabilities, best first, cut so that together they do not exceed 1: the photo shows one product."""
    before = np.concatenate([[0.0], np.cumsum(probabilities)[:-1]])
    return [float(value) for value in np.minimum(probabilities, np.maximum(0.0, 1.0 - before))]
