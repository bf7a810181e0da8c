"""Simulates answers of an adapted catalog with details to held-out photos."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sosie.adaptation.folds import Fold, distant_folds_of, folds_of
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import fit, principal_basis
from sosie.calibration.fitting import UNKNOWN_SHARE, Sample
from sosie.calibration.sampling import LATER_SHARE
from sosie.learning.answering import sample_of_answers
from sosie.searching.evidence import Considered, Verified
from sosie.types import Hit, Record, Vectors

_DEPTH = 20

Compared = Mapping[str, Verified] | None
"""The compared details of a photo's candidates, by product; None if they were not compared."""


def sample_of_compared(labeled: Labeled, setting: AdaptationSetting, compared: Sequence[Compared]) -> Sample:
    """A sample of answers to the photos whose details were compared. Each projection was fitted without the photo.

    Folds and weights are those of ``calibration.sample_of_adapted``. Products without labels simulate products that the
    catalog lacks.
    """
    space, chosen = principal_basis(labeled), np.array([details is not None for details in compared])
    covered = min(labeled.covered, 1.0 - LATER_SHARE)
    weights = {"labeled": (1 - UNKNOWN_SHARE) * covered, "unlabeled": (1 - UNKNOWN_SHARE) * (1 - covered)}
    parts: list[Sample] = []
    for fold in (*folds_of(labeled), *distant_folds_of(labeled)):
        judged = np.flatnonzero(fold.judged & chosen).tolist()
        if judged:
            projection = fit(labeled.where(fold.fitted), *setting, basis=space)
            candidates = list(considered_by(labeled, projection, judged, compared))
            parts += _parts(fold, [str(labeled.products[row]) for row in judged], candidates, weights)
    return Sample.joined(*parts)


def _parts(
    fold: Fold, products: Sequence[str], candidates: Sequence[Considered], weights: Mapping[str, float]
) -> Iterator[Sample]:
    yield sample_of_answers(products, candidates, True, weights[fold.kind])
    if fold.kind == "unlabeled":
        without = [candidate.without(product) for product, candidate in zip(products, candidates, strict=True)]
        yield sample_of_answers(products, without, False, UNKNOWN_SHARE)


def considered_by(
    labeled: Labeled, projection: Projection, rows: Sequence[int], compared: Sequence[Compared]
) -> Iterator[Considered]:
    """The evidence for the photos in these rows, from a catalog adapted by ``projection``."""
    photos, gallery = labeled.photos[rows], projection.gallery(labeled.gallery)
    cosines = projection.query(photos) @ gallery.T
    learned = projection.evidence(photos, gallery, labeled.gallery_products)
    for place, row in enumerate(rows):
        columns = _best_of_each_product(cosines[place], labeled.gallery_products)
        hits = tuple(_hit(str(labeled.gallery_products[column]), float(cosines[place, column])) for column in columns)
        evidence = {name: values[place, columns].astype(np.float64) for name, values in learned.items()}
        verified = compared[row] or {}
        yield Considered(hits, evidence, tuple(verified.get(hit.record.product_id) for hit in hits))


def _best_of_each_product(cosines: Vectors, products: np.ndarray) -> list[int]:
    """The columns of the ``_DEPTH`` best products, best first. Each product has the column of its best picture."""
    best: dict[str, int] = {}
    for column in np.argsort(-cosines, kind="stable"):
        best.setdefault(str(products[column]), int(column))
        if len(best) == _DEPTH:
            break
    return list(best.values())


def _hit(product: str, cosine: float) -> Hit:
    return Hit(product, cosine, Record(product, product, ""))
