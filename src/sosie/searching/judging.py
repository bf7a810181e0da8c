"""Computes the order of candidates, their probabilities, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sosie.calibration.model import Calibration
from sosie.knowledge.calibrations import name_of
from sosie.searching.answer import Answer, Candidate
from sosie.searching.evidence import Considered
from sosie.types import CodeEvidence, DetailsEvidence, Evidence, LooksEvidence, Verdict

CODE_PROBABILITY = 0.99
"""Probability of products whose code is in the photo: codes have check digits, and wrong labels are rare."""


def judge(considered: Considered, calibration: Calibration | None) -> Answer:
    """Orders the candidates by the probability that is shown, or by score without a calibration.

    The verdict follows from the first candidate's probability; without a calibration both are None.
    """
    probabilities = [] if calibration is None else probabilities_of(considered, calibration)
    ranking = order_of(considered)
    if calibration is not None and calibration.orders_candidates:
        ranking.sort(key=lambda row: -probabilities[row])
    order = [row for row in ranking if considered.products[row] not in considered.filtered_out]
    evidences = [evidence_of_candidate(considered, row) for row in order]
    hits = [considered.hits[row] for row in order]
    if calibration is None:
        return Answer(tuple(Candidate(hit, None, evidence) for hit, evidence in zip(hits, evidences, strict=True)))
    shown = [probabilities[row] for row in order]
    return Answer(
        tuple(map(Candidate, hits, shown, evidences)), _verdict(shown, evidences, calibration), name_of(calibration)
    )


def _verdict(shown: Sequence[float], evidences: Sequence[Evidence], calibration: Calibration) -> Verdict:
    if not shown:
        return "no match"
    if isinstance(evidences[0], CodeEvidence):
        return "match" if shown[0] >= CODE_PROBABILITY else "similar"
    return calibration.verdict(shown[0])


def probabilities_of(considered: Considered, calibration: Calibration) -> list[float]:
    """The probability of each candidate. Products whose code is in the photo share ``CODE_PROBABILITY``."""
    probabilities = calibration.same_product(considered.evidence)
    if not considered.codes:
        return probabilities
    by_code = CODE_PROBABILITY / len(considered.codes)
    rest = 1.0 - CODE_PROBABILITY
    return [
        by_code if product in considered.codes else probability * rest
        for product, probability in zip(considered.products, probabilities, strict=True)
    ]


def order_of(considered: Considered) -> list[int]:
    """The rows of the candidates, best score first. Candidates whose code is in the photo come before all others."""
    order: list[int] = np.argsort(-considered.joined, kind="stable").tolist()
    return sorted(order, key=lambda row: considered.products[row] not in considered.codes)


def evidence_of_candidate(considered: Considered, row: int) -> Evidence:
    """The evidence for a candidate as it is reported to users, besides the score."""
    details = _details_evidence(considered, row)
    code = considered.codes.get(considered.products[row])
    if code is None:
        return details or LooksEvidence()
    return CodeEvidence(code.text, code.format, tuple((x, y) for x, y in code.polygon), details)


def _details_evidence(considered: Considered, row: int) -> DetailsEvidence | None:
    verified = considered.verified[row] if considered.verified else None
    agreement = None if verified is None else verified.geometry.agreement
    if verified is None or agreement is None:
        return None
    return DetailsEvidence(
        item_id=verified.item_id,
        inliers=agreement.inliers,
        distinct=verified.geometry.distinct,
        share=round(agreement.share, 3),
        spread=round(agreement.spread, 3),
        query_polygon=tuple((x, y) for x, y in agreement.query_polygon),
        item_polygon=tuple((x, y) for x, y in agreement.item_polygon),
    )
