"""Answers of a catalogue that keeps details, and is adapted, to photos that taught it nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from sosie.adaptation import AdaptationSetting, Fold, Labelled, Projection, fit, folds_of, principal_basis
from sosie.calibration import Sample
from sosie.calibration.fitting import UNKNOWN_SHARE
from sosie.calibration.sampling import LATER_SHARE
from sosie.learning.answering import answered
from sosie.searching.evidence import Considered, Verified
from sosie.types import Hit, Record, Vectors

_DEPTH = 20

Compared = Mapping[str, Verified] | None
"""What details tell of a photo's candidates, by product; None where they were not compared."""


def sample_of_compared(labelled: Labelled, setting: AdaptationSetting, compared: Sequence[Compared]) -> Sample:
    """The answers to the photos whose details were compared, each by a projection that did not see the photo.

    Weighed as in ``calibration.sample_of_adapted``; products that the catalogue lacks are products without any label.
    """
    space, chosen = principal_basis(labelled), np.array([one is not None for one in compared])
    covered = min(labelled.covered, 1.0 - LATER_SHARE)
    weights = {"labelled": (1 - UNKNOWN_SHARE) * covered, "unlabelled": (1 - UNKNOWN_SHARE) * (1 - covered)}
    parts: list[Sample] = []
    for fold in folds_of(labelled):
        judged = np.flatnonzero(fold.judged & chosen).tolist()
        if judged:
            projection = fit(labelled.where(fold.fitted), *setting, basis=space)
            found = list(_considered(labelled, projection, judged, compared))
            parts += _parts(fold, [str(labelled.products[row]) for row in judged], found, weights)
    return Sample.joined(*parts)


def _parts(
    fold: Fold, products: Sequence[str], found: Sequence[Considered], weights: Mapping[str, float]
) -> Iterator[Sample]:
    yield answered(products, found, True, weights[fold.kind])
    if fold.kind == "unlabelled":
        without = [one.without(product) for product, one in zip(products, found, strict=True)]
        yield answered(products, without, False, UNKNOWN_SHARE)


def _considered(
    labelled: Labelled, projection: Projection, rows: Sequence[int], compared: Sequence[Compared]
) -> Iterator[Considered]:
    photos, gallery = labelled.photos[rows], projection.gallery(labelled.gallery)
    cosines = projection.query(photos) @ gallery.T
    learned = projection.evidence(photos, gallery, labelled.gallery_products)
    for place, row in enumerate(rows):
        columns = _best_of_each_product(cosines[place], labelled.gallery_products)
        hits = tuple(_hit(str(labelled.gallery_products[column]), float(cosines[place, column])) for column in columns)
        told = {name: values[place, columns].astype(np.float64) for name, values in learned.items()}
        known = compared[row] or {}
        yield Considered(hits, told, tuple(known.get(hit.record.product_id) for hit in hits))


def _best_of_each_product(cosines: Vectors, products: np.ndarray) -> list[int]:
    """The columns of the ``_DEPTH`` best products, each at its best picture, best first."""
    best: dict[str, int] = {}
    for column in np.argsort(-cosines, kind="stable"):
        best.setdefault(str(products[column]), int(column))
        if len(best) == _DEPTH:
            break
    return list(best.values())


def _hit(product: str, cosine: float) -> Hit:
    return Hit(product, cosine, Record(product, product, ""))
