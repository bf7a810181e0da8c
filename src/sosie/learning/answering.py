"""Answers as a calibration learns from them: the evidence for the first candidates, and whether each is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sosie.calibration import Sample
from sosie.searching.evidence import Considered
from sosie.searching.judging import order_of

CANDIDATES = 3
"""So many candidates of each answer teach: from the first alone a model learns what tells answers apart, and not what
tells the right candidate from the next (benchmarks/RESULTS.md, "Certainty on other goods")."""


def answered(products: Sequence[str], considered: Sequence[Considered], known: bool, weight: float) -> Sample:
    """The first candidates of answers to photos of these products, which the catalog all has or all lacks (``known``).

    An answer without any candidate teaches nothing and is left out.
    """
    answers = [(product, one, order_of(one)[:CANDIDATES]) for product, one in zip(products, considered, strict=True)]
    rows = [(n, product, one, row) for n, (product, one, order) in enumerate(answers) for row in order]
    names = dict.fromkeys(name for _, one, _ in answers for name in one.evidence)
    shown = np.array([product for _, product, _, _ in rows], np.str_)
    came = np.array([one.products[row] for _, _, one, row in rows], np.str_)
    return Sample(
        evidence={name: np.array([_of(one, name, row) for _, _, one, row in rows], np.float64) for name in names},
        right=(came == shown) & known,
        known=np.full(len(rows), known),
        products=shown,
        weights=np.full(len(rows), weight),
        answer=np.array([n for n, _, _, _ in rows], np.intp),
    )


def _of(considered: Considered, name: str, row: int) -> float:
    values = considered.evidence.get(name)
    return float("nan") if values is None else float(values[row])
