"""Answers to calibrate on: to each labelled photo one with its product in the catalogue, and one without."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sosie.adaptation import Fold, Labelled, Projection, Setting, fit, folds_of, principal_basis
from sosie.adaptation.choosing import Mask
from sosie.calibration.evidence import answers_of
from sosie.calibration.fitting import UNKNOWN_SHARE, Sample
from sosie.types import Vectors


def sample_of(labelled: Labelled, projection: Projection | None = None, unknown: float = UNKNOWN_SHARE) -> Sample:
    """The answers of a catalogue to photos that taught it nothing.

    ``projection`` is the one in use, fitted on other photos; without labels of its own (centring) or None will do.
    ``unknown`` is the share of queries to reckon with whose product the catalogue does not have.
    """
    every = np.ones(len(labelled.products), dtype=np.bool_)
    similarities = _similarities(labelled, every, projection)
    return Sample.joined(
        _asked(labelled, every, similarities, True, 1.0 - unknown),
        _asked(labelled, every, similarities, False, unknown),
    )


def sample_of_adapted(labelled: Labelled, setting: Setting, unknown: float = UNKNOWN_SHARE) -> Sample:
    """The answers of a catalogue adapted to these very photos, each by a projection that did not see the photo.

    Products that the catalogue lacks are simulated by products without any label: one that stays in the labels would
    be told from the others too easily. Known products are weighed by how many of the catalogue's have labels.
    """
    basis = principal_basis(labelled)
    covered = len(np.unique(labelled.products)) / len(np.unique(labelled.gallery_products))
    weights = {"labelled": (1.0 - unknown) * covered, "unlabelled": (1.0 - unknown) * (1.0 - covered)}
    return Sample.joined(
        *(
            part
            for fold in folds_of(labelled.products)
            if fold.judged.any()
            for part in _answered(
                labelled, fold, fit(labelled.where(fold.fitted), *setting, basis=basis), weights, unknown
            )
        )
    )


def _answered(
    labelled: Labelled, fold: Fold, projection: Projection, weights: dict[str, float], unknown: float
) -> Iterator[Sample]:
    similarities = _similarities(labelled, fold.judged, projection)
    if weights[fold.kind] > 0.0:
        yield _asked(labelled, fold.judged, similarities, True, weights[fold.kind])
    if fold.kind == "unlabelled":
        yield _asked(labelled, fold.judged, similarities, False, unknown)


def _similarities(labelled: Labelled, judged: Mask, projection: Projection | None) -> Vectors:
    photos = labelled.photos[judged]
    if projection is None:
        return photos @ labelled.gallery.T
    return projection.query(photos) @ projection.gallery(labelled.gallery).T


def _asked(labelled: Labelled, judged: Mask, similarities: Vectors, known: bool, weight: float) -> Sample:
    products = labelled.products[judged]
    answers = answers_of(similarities, labelled.gallery_products, None if known else products)
    return Sample.of(answers, products, known, weight)
