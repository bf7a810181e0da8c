"""From what is known of the candidates to their order, their probabilities and the verdict."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sosie.calibration import Calibration
from sosie.calibration.evidence import NEIGHBOURS
from sosie.searching.answer import Answer, Candidate
from sosie.searching.calibrations import name_of
from sosie.searching.considering import Considered
from sosie.types import JSON, Verdict


def judge(considered: Considered, calibration: Calibration | None) -> Answer:
    """The candidates in their final order; without a calibration there are no probabilities and no verdict."""
    order = order_of(considered, calibration)
    told = [evidence_told(considered, row) for row in order]
    hits = [considered.hits[row] for row in order]
    if calibration is None:
        return Answer(tuple(Candidate(hit, None, one) for hit, one in zip(hits, told, strict=True)))
    probabilities = calibration.same_product(considered.scores, considered.further)
    verdict: Verdict = "no match"
    if order:
        in_catalogue = float(calibration.known.probability(considered.evidence)[order[0]])
        verdict = calibration.verdict(probabilities[order[0]], in_catalogue, looks_alone=not told[0])
    return Answer(
        tuple(map(Candidate, hits, [probabilities[row] for row in order], told)), verdict, name_of(calibration)
    )


def order_of(considered: Considered, calibration: Calibration | None) -> list[int]:
    """The rows of the candidates, best first.

    By looks, and by details where these say anything; an adapted catalogue's first ten by their probability, since that
    knows more than their cosines, unless it knows less because nobody taught it what details are worth.
    """
    order = _by_looks_and_details(considered)
    if calibration is None or not considered.learned:
        return order
    if any(considered.verified) and not calibration.knows_details:
        return order
    probabilities = calibration.same_product(considered.scores, considered.further)
    first = sorted(order[:NEIGHBOURS], key=lambda row: -probabilities[row])
    return [*first, *order[NEIGHBOURS:]]


def _by_looks_and_details(considered: Considered) -> list[int]:
    if not any(considered.verified):
        return list(range(len(considered.hits)))
    from sosie.details.comparing import Geometry
    from sosie.details.joining import joined_scores

    geometries = [Geometry() if one is None else one.geometry for one in considered.verified]
    order: list[int] = np.argsort(-joined_scores(considered.scores, geometries), kind="stable").tolist()
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
