"""Answers as a calibration learns from them: the evidence for the product that came first, and whether it is right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sosie.calibration import Answers, Sample
from sosie.searching.evidence import Considered
from sosie.searching.judging import order_of


def answered(products: Sequence[str], considered: Sequence[Considered], known: bool, weight: float) -> Sample:
    """The answers to questions for these products, which the catalogue all has or all lacks (``known``).

    A question without any candidate teaches nothing and is left out.
    """
    rows = [(product, one) for product, one in zip(products, considered, strict=True) if one.hits]
    firsts = [order_of(one, None)[0] for _, one in rows]
    each = [one.evidence for _, one in rows]
    names = dict.fromkeys(name for evidence in each for name in evidence)
    evidence = {
        name: np.array([_of(one.get(name), first) for one, first in zip(each, firsts, strict=True)], np.float64)
        for name in names
    }
    came = np.array([one.products[first] for (_, one), first in zip(rows, firsts, strict=True)], np.str_)
    return Sample.of(Answers(evidence, came), np.array([product for product, _ in rows], np.str_), known, weight)


def _of(values: np.ndarray | None, row: int) -> float:
    return float("nan") if values is None else float(values[row])
