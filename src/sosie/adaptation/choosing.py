"""Chooses the strength of an adaptation by cross-validation, and refuses an adaptation without a gain.

Each half of the held-out photos chooses a setting, which is evaluated on the other half. This evaluation decides
whether an adaptation is applied. Its setting is then chosen on all held-out photos.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sosie.adaptation.acceptance import Gains, TrialOutcome, best_setting, gains_of, largest_share, outcomes_of
from sosie.adaptation.folds import folds_of
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection
from sosie.adaptation.trials import SHARES, AdaptationSetting, Trial, try_settings
from sosie.adaptation.whitening import fit, principal_basis
from sosie.evaluation.statistics import Comparison, Interval
from sosie.support.blas import one_blas_thread
from sosie.support.wording import amount
from sosie.types import JSON

HALVES = ((0, 1), (2, 3))
FEWEST_PRODUCTS = 8
MOST_PICTURES = 10_000
"""The largest number of pictures on which settings are tried. Of a larger catalog, these are the labeled products'
pictures and a sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """The decision to apply the adaptation (``projection``) or to refuse it (None), with the reason.

    - ``labeled``: hit rate@1 before and after, on new photos of labeled products.
    - ``unlabeled``: hit rate@1 before and after, on photos of products without labels.
    - ``expected``: the gain over the whole catalog.
    - ``covered``: the share of the catalog's products with labels.

    A figure is None if there are too few labels to estimate it.
    """

    projection: Projection | None
    reason: str
    photos: int
    products: int
    setting: AdaptationSetting | None = None
    labeled: Comparison | None = None
    unlabeled: Comparison | None = None
    expected: Interval | None = None
    covered: float | None = None

    def to_dict(self) -> dict[str, JSON]:
        """The decision as plain JSON."""
        return {
            "applied": self.projection is not None,
            "reason": self.reason,
            "photos": self.photos,
            "products": self.products,
            "setting": None if self.setting is None else self.setting._asdict(),
            "labelled": None if self.labeled is None else self.labeled.to_dict(),
            "unlabelled": None if self.unlabeled is None else self.unlabeled.to_dict(),
            "expected": None if self.expected is None else self.expected.to_dict(),
            "covered": self.covered,
        }


def choose(labeled: Labeled, seed: int = 0) -> Decision:
    """Fits on all labeled photos with the setting that cross-validation chose, or refuses; see ``acceptance``.

    Memory and time depend on the number of photos and ``MOST_PICTURES``, not on the size of the catalog.
    """
    products = len(np.unique(labeled.products))
    if products < FEWEST_PRODUCTS:
        return Decision(None, _too_few(labeled, products), len(labeled.photos), products)
    shown, covered = labeled.beside(MOST_PICTURES, seed), labeled.covered
    # One thread: the matrices are small, so BLAS threads mostly wait. Beside other work, two threads took twice as
    # long.
    with one_blas_thread():
        basis = principal_basis(shown)
        trials = list(try_settings(shown, basis, folds_of(shown, seed)))
        gains, setting = _strongest_accepted(trials, covered)
        projection = fit(labeled, *setting, basis=basis) if gains.accepted and setting else None
    return Decision(
        projection,
        gains.sentence(),
        len(labeled.photos),
        products,
        setting,
        gains.labeled,
        gains.unlabeled,
        gains.expected,
        covered,
    )


def _strongest_accepted(trials: list[Trial], covered: float) -> tuple[Gains, AdaptationSetting | None]:
    """The gains and the best setting, for the largest limit on ``share`` whose gains are accepted.

    If none is accepted, those for the smallest limit. Then the gains give the reason for the refusal.
    """
    products = len(np.unique(np.concatenate([trial.products for trial in trials])))
    largest = max(largest_share(products, covered), min(SHARES))
    for share in sorted((share for share in SHARES if share <= largest), reverse=True):
        gains = gains_of(_judged(trials, covered, share), covered)
        if gains.accepted:
            break
    return gains, best_setting(trials, covered, share)


def _judged(trials: list[Trial], covered: float, largest_share: float) -> list[TrialOutcome]:
    """The outcomes of each half of the trials, with the setting chosen on the other half."""
    halves = [[trial for trial in trials if trial.part in parts] for parts in HALVES]
    return [
        outcome
        for judging, choosing in (halves, halves[::-1])
        for outcome in outcomes_of(judging, best_setting(choosing, covered, largest_share))
    ]


def _too_few(labeled: Labeled, products: int) -> str:
    summary = f"the labeled photos show {amount(products, 'product')} of this store"
    if labeled.left_out:
        summary += f", and {amount(labeled.left_out, 'photo')} show products that it lacks"
    return f"{summary}; at least {FEWEST_PRODUCTS} products are needed to adapt and to measure the gain"
