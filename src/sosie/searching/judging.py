"""From what is known of the candidates to their order, their probabilities and the verdict."""

from __future__ import annotations

import numpy as np

from sosie.calibration import Calibration
from sosie.calibration.features import FEATURES, NEIGHBOURS, Features, Numbers
from sosie.knowledge.calibrations import name_of
from sosie.searching.answer import Answer, Candidate
from sosie.searching.evidence import Considered
from sosie.types import CodeEvidence, DetailsEvidence, Evidence, LooksEvidence, Verdict, details_of

CODE_PROBABILITY = 0.99
"""Of a product whose code is in the photo: readers check their digits, and labels are seldom on the wrong product."""

GAIN_IN_LOG_ODDS = 2.0
"""What agreement in cosines weighs beside what labels taught; 0.5 to 16 do nearly as well (docs/quality.md)."""


def judge(considered: Considered, calibration: Calibration | None) -> Answer:
    """The candidates in their final order; without a calibration there are no probabilities and no verdict."""
    order = [row for row in order_of(considered, calibration) if considered.products[row] not in considered.rivals]
    evidences = [evidence_of_candidate(considered, row) for row in order]
    hits = [considered.hits[row] for row in order]
    if calibration is None:
        return Answer(tuple(Candidate(hit, None, one) for hit, one in zip(hits, evidences, strict=True)))
    probabilities = probabilities_of(considered, calibration)
    verdict: Verdict = "no match"
    if order and considered.products[order[0]] in considered.codes:
        verdict = "match" if len(considered.codes) == 1 else "similar"
    elif order:
        in_catalogue = float(calibration.known.probability(evidence_for(considered, calibration))[order[0]])
        verdict = calibration.verdict(
            probabilities[order[0]], in_catalogue, looks_alone=details_of(evidences[0]) is None
        )
    return Answer(
        tuple(map(Candidate, hits, [probabilities[row] for row in order], evidences)), verdict, name_of(calibration)
    )


def evidence_for(considered: Considered, calibration: Calibration) -> Features:
    """What the calibration may read: looks only where about as many products came as when it was fitted.

    In a catalogue of few, whatever is asked for has no rival, and another catalogue's calibration would take that for
    certainty.
    """
    if not calibration.provisional or len(considered.hits) >= NEIGHBOURS:
        return considered.evidence
    return {**considered.evidence, **dict.fromkeys(FEATURES, np.full(len(considered.hits), np.nan))}


def probabilities_of(considered: Considered, calibration: Calibration) -> list[float]:
    """Of each candidate; a code in the photo outweighs everything, shared by the products that have it."""
    found = calibration.same_product(evidence_for(considered, calibration))
    if not considered.codes:
        return found
    by_code = CODE_PROBABILITY / len(considered.codes)
    rest = 1.0 - CODE_PROBABILITY
    return [
        by_code if product in considered.codes else probability * rest
        for product, probability in zip(considered.products, found, strict=True)
    ]


def order_of(considered: Considered, calibration: Calibration | None) -> list[int]:
    """The rows of the candidates, best first: those whose code is in the photo, then the others."""
    order = _without_codes(considered, calibration)
    return sorted(order, key=lambda row: considered.products[row] not in considered.codes)


def _without_codes(considered: Considered, calibration: Calibration | None) -> list[int]:
    if calibration is None or not considered.learned:
        order: list[int] = np.argsort(-(np.array(considered.scores) + _gains(considered)), kind="stable").tolist()
        return order
    return _as_learned(considered, calibration)


def _as_learned(considered: Considered, calibration: Calibration) -> list[int]:
    """An adapted catalogue knows more than cosines: its first ten, and what details speak for, go by log odds."""
    gains = _gains(considered)
    probabilities = calibration.model.probability(considered.evidence_of_looks)
    scores = np.log(probabilities / (1.0 - probabilities)) + GAIN_IN_LOG_ODDS * gains
    near = [row for row in range(len(scores)) if row < NEIGHBOURS or gains[row] != 0.0]
    return [*sorted(near, key=lambda row: -scores[row]), *(row for row in range(len(scores)) if row not in near)]


def _gains(considered: Considered) -> Numbers:
    """What details add to each candidate's cosine, shape (candidates,)."""
    if not considered.details_agree:
        return np.zeros(len(considered.hits))
    from sosie.details.candidates import Geometry
    from sosie.details.joining import joined_scores

    return joined_scores(
        [0.0] * len(considered.hits), [Geometry() if one is None else one.geometry for one in considered.verified]
    )


def evidence_of_candidate(considered: Considered, row: int) -> Evidence:
    """What speaks for a candidate beside its score, as a person or a page sees it."""
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
