"""Answers to calibrate on: to each labelled photo one with its product in the catalogue, and one without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.adaptation import AdaptationSetting, Fold, Labelled, Projection, fit, folds_of, principal_basis
from sosie.adaptation.folds import Mask
from sosie.adaptation.projection import Matrix
from sosie.calibration.features import answers_of
from sosie.calibration.fitting import FOLDS, UNKNOWN_SHARE, Sample
from sosie.errors import UsageError
from sosie.support.wording import amount
from sosie.types import Vectors

LATER_SHARE = 0.1
"""At least this share of the queries for products of the catalog is expected to be for some that came after the labels;
docs/decisions.md says why choosing an adaptation is more cautious."""


def sample_of(labelled: Labelled, projection: Projection | None = None, unknown: float = UNKNOWN_SHARE) -> Sample:
    """The answers of a catalogue to photos that taught it nothing.

    ``projection`` is the one in use, fitted on other photos; without labels of its own (centring) or None will do.
    ``unknown`` is the share of queries to reckon with whose product the catalogue does not have. ``UsageError`` where
    photos of fewer than ``FOLDS`` products are given.
    """
    _check(labelled)
    every = np.ones(len(labelled.products), dtype=np.bool_)
    asked = _Asked.of(labelled, every, projection)
    return Sample.joined(asked.answered(True, 1.0 - unknown), asked.answered(False, unknown))


def sample_of_adapted(
    labelled: Labelled, setting: AdaptationSetting, unknown: float = UNKNOWN_SHARE, basis: Matrix | None = None
) -> Sample:
    """The answers of a catalogue adapted to these very photos, each by a projection that did not see the photo.

    Products that the catalogue lacks are simulated by products without any label: one that stays in the labels would
    be told from the others too easily. Known products are weighed by how many of the catalogue's have labels.
    ``UsageError`` where photos of fewer than ``FOLDS`` products are given.
    """
    _check(labelled)
    space = principal_basis(labelled) if basis is None else basis
    covered = min(labelled.covered, 1.0 - LATER_SHARE)
    weights = {"labelled": (1.0 - unknown) * covered, "unlabelled": (1.0 - unknown) * (1.0 - covered)}
    return Sample.joined(
        *(
            part
            for fold in folds_of(labelled)
            if fold.judged.any()
            for part in _answered(
                labelled, fold, fit(labelled.where(fold.fitted), *setting, basis=space), weights, unknown
            )
        )
    )


def _check(labelled: Labelled) -> None:
    products = len(np.unique(labelled.products))
    if products < FOLDS:
        left_out = f", beside {labelled.left_out} of products that it does not have" if labelled.left_out else ""
        raise UsageError(
            f"{amount(len(labelled.photos), 'labelled photo')} of {amount(products, 'product')} of this "
            f"catalogue{left_out}; probabilities are learned from photos of at least {FOLDS}"
        )


def _answered(
    labelled: Labelled, fold: Fold, projection: Projection, weights: dict[str, float], unknown: float
) -> Iterator[Sample]:
    asked = _Asked.of(labelled, fold.judged, projection)
    yield asked.answered(True, weights[fold.kind])
    if fold.kind == "unlabelled":
        yield asked.answered(False, unknown)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Photos of known products with their cosines to the catalogue, and what else an adaptation tells of them."""

    products: npt.NDArray[np.str_]
    gallery_products: npt.NDArray[np.str_]
    similarities: Vectors
    further: Mapping[str, Vectors]

    @classmethod
    def of(cls, labelled: Labelled, judged: Mask, projection: Projection | None) -> _Asked:
        photos, gallery = labelled.photos[judged], labelled.gallery
        products, shown = labelled.products[judged], labelled.gallery_products
        if projection is None:
            return cls(products, shown, photos @ gallery.T, {})
        stored = projection.gallery(gallery)
        return cls(products, shown, projection.query(photos) @ stored.T, projection.evidence(photos, stored, shown))

    def answered(self, known: bool, weight: float) -> Sample:
        without = None if known else self.products
        answers = answers_of(self.similarities, self.gallery_products, without, self.further)
        return Sample.of(answers, self.products, known, weight)
