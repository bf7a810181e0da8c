"""Makes samples for a calibration: each labeled photo is searched with its product in the catalog, and without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.adaptation.folds import Fold, Mask, distant_folds_of, folds_of
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Matrix, Projection
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import fit, principal_basis
from sosie.calibration.features import answers_of
from sosie.calibration.fitting import FOLDS, UNKNOWN_SHARE, Sample
from sosie.errors import UsageError
from sosie.support.wording import amount
from sosie.types import Vectors

LATER_SHARE = 0.1
"""Least expected share of queries for products that were added after the labels; see docs/decisions.md."""


def sample_of(labeled: Labeled, projection: Projection | None = None, unknown: float = UNKNOWN_SHARE) -> Sample:
    """Answers of a catalog to photos that its adaptation was not fitted on.

    ``projection`` is the adaptation in use: None, one fitted on other photos, or one without labels (centering).
    ``unknown`` is the expected share of queries for products that the catalog lacks. ``UsageError`` for photos of fewer
    than ``FOLDS`` products.
    """
    _check(labeled)
    every = np.ones(len(labeled.products), dtype=np.bool_)
    photos = _PhotoSample.of(labeled, every, projection)
    return Sample.joined(photos.answered(True, 1.0 - unknown), photos.answered(False, unknown))


def sample_of_adapted(
    labeled: Labeled, setting: AdaptationSetting, unknown: float = UNKNOWN_SHARE, basis: Matrix | None = None
) -> Sample:
    """Answers of an adapted catalog to labeled photos, each by a projection that was fitted without this photo.

    - Products that the catalog lacks are simulated by products without labels: labeled products are recognized too
      easily.
    - Products in the catalog are weighted by the share of products with labels.
    - Photos of labeled products take part twice. The second time, the projection was also fitted without the photos
      that resemble them most (``distant_folds_of``). Otherwise probabilities were too low on photos of other days
      (docs/quality-probabilities.md). So products that the catalog lacks have about half of the share ``unknown``.

    ``UsageError`` for photos of fewer than ``FOLDS`` products.
    """
    _check(labeled)
    space = principal_basis(labeled) if basis is None else basis
    covered = min(labeled.covered, 1.0 - LATER_SHARE)
    weights = {"labeled": (1.0 - unknown) * covered, "unlabeled": (1.0 - unknown) * (1.0 - covered)}
    return Sample.joined(
        *(
            part
            for fold in (*folds_of(labeled), *distant_folds_of(labeled))
            if fold.judged.any()
            for part in _answered(
                labeled, fold, fit(labeled.where(fold.fitted), *setting, basis=space), weights, unknown
            )
        )
    )


def _check(labeled: Labeled) -> None:
    products = len(np.unique(labeled.products))
    if products < FOLDS:
        left_out = f", beside {labeled.left_out} of products that it does not have" if labeled.left_out else ""
        raise UsageError(
            f"{amount(len(labeled.photos), 'labeled photo')} of {amount(products, 'product')} of this "
            f"catalog{left_out}; calibration needs photos of at least {FOLDS} products"
        )


def _answered(
    labeled: Labeled, fold: Fold, projection: Projection, weights: dict[str, float], unknown: float
) -> Iterator[Sample]:
    photos = _PhotoSample.of(labeled, fold.judged, projection)
    yield photos.answered(True, weights[fold.kind])
    if fold.kind == "unlabeled":
        yield photos.answered(False, unknown)


@dataclass(frozen=True, slots=True, eq=False)
class _PhotoSample:
    """Photos of products in the catalog, their cosines to its pictures, and the features of an adaptation."""

    products: npt.NDArray[np.str_]
    gallery_products: npt.NDArray[np.str_]
    similarities: Vectors
    further: Mapping[str, Vectors]

    @classmethod
    def of(cls, labeled: Labeled, judged: Mask, projection: Projection | None) -> _PhotoSample:
        photos, gallery = labeled.photos[judged], labeled.gallery
        products, shown = labeled.products[judged], labeled.gallery_products
        if projection is None:
            return cls(products, shown, photos @ gallery.T, {})
        stored = projection.gallery(gallery)
        return cls(products, shown, projection.query(photos) @ stored.T, projection.evidence(photos, stored, shown))

    def answered(self, in_catalog: bool, weight: float) -> Sample:
        without = None if in_catalog else self.products
        answers = answers_of(self.similarities, self.gallery_products, without, self.further)
        return Sample.of(answers, self.products, in_catalog, weight)
