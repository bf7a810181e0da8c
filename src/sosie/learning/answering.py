"""Makes samples for a calibration from answers: evidence for the first candidates, and which of them are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sosie.calibration.fitting import Sample
from sosie.searching.evidence import Considered
from sosie.searching.judging import order_of

CANDIDATES = 3
"""Candidates of each answer in a sample.

From first candidates alone, a model learns to distinguish good answers from bad ones, but not the right candidate from
the next (benchmarks/RESULTS.md, "Certainty on other goods").
"""


def sample_of_answers(
    products: Sequence[str],
    considered: Sequence[Considered],
    in_catalog: bool,
    weight: float,
    groups: Sequence[str] | None = None,
) -> Sample:
    """A sample of answers to photos of these products. All are in the catalog (``in_catalog``), or none is.

    Photos with the same name in ``groups`` are held out together; by default, photos of the same product. Answers
    without candidates are left out.
    """
    together = products if groups is None else groups
    answers = [
        (product, candidates, order_of(candidates)[:CANDIDATES])
        for product, candidates in zip(products, considered, strict=True)
    ]
    rows = [(n, product, candidates, row) for n, (product, candidates, order) in enumerate(answers) for row in order]
    names = dict.fromkeys(name for _, candidates, _ in answers for name in candidates.evidence)
    photo_products = np.array([product for _, product, _, _ in rows], np.str_)
    found_products = np.array([candidates.products[row] for _, _, candidates, row in rows], np.str_)
    return Sample(
        evidence={
            name: np.array([_of(candidates, name, row) for _, _, candidates, row in rows], np.float64) for name in names
        },
        right=(found_products == photo_products) & in_catalog,
        in_catalog=np.full(len(rows), in_catalog),
        products=photo_products,
        groups=np.array([together[n] for n, *_ in rows], np.str_),
        weights=np.full(len(rows), weight),
        answer=np.array([n for n, _, _, _ in rows], np.intp),
    )


def _of(considered: Considered, name: str, row: int) -> float:
    values = considered.evidence.get(name)
    return float("nan") if values is None else float(values[row])
