"""Choose how strongly to adapt by cross-validation, judge on photos that chose nothing, and refuse what does not help.

Half of the held-out photos choose the settings that the other half judges, and the other way round. What the judges
say decides; the settings that are applied are chosen by all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sosie.adaptation.acceptance import Gains, TrialOutcome, best_setting, gains_of, outcomes_of
from sosie.adaptation.folds import folds_of
from sosie.adaptation.labelled import Labelled
from sosie.adaptation.projection import Projection
from sosie.adaptation.trials import SHARES, AdaptationSetting, Trial, tried
from sosie.adaptation.whitening import fit, principal_basis
from sosie.evaluation.statistics import Comparison, Interval
from sosie.support.blas import one_blas_thread
from sosie.support.wording import amount
from sosie.types import JSON

HALVES = ((0, 1), (2, 3))
FEWEST_PRODUCTS = 8
MOST_PICTURES = 10_000
"""Of a larger catalogue, settings are tried on this many pictures: those of labelled products and a sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Whether the adaptation is applied (``projection``) or refused (None), and why.

    ``labelled`` compares hit rate@1 before and after on new photos of labelled products, ``unlabelled`` on photos of
    products without labels; ``expected`` is the gain of the catalogue as a whole, ``covered`` the share of its products
    that have labels. None where the labels do not suffice to tell.
    """

    projection: Projection | None
    reason: str
    photos: int
    products: int
    setting: AdaptationSetting | None = None
    labelled: Comparison | None = None
    unlabelled: Comparison | None = None
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
            "labelled": None if self.labelled is None else self.labelled.to_dict(),
            "unlabelled": None if self.unlabelled is None else self.unlabelled.to_dict(),
            "expected": None if self.expected is None else self.expected.to_dict(),
            "covered": self.covered,
        }


def choose(labelled: Labelled, seed: int = 0) -> Decision:
    """Fit on all labelled photos with the setting that cross-validation chose, or refuse; ``acceptance`` has the rule.

    Memory and time are bounded by the photos and ``MOST_PICTURES``, not by the size of the catalogue.
    """
    products = len(np.unique(labelled.products))
    if products < FEWEST_PRODUCTS:
        return Decision(None, _too_few(labelled, products), len(labelled.photos), products)
    shown, covered = labelled.beside(MOST_PICTURES, seed), labelled.covered
    # The threads of BLAS wait for each other at every small product: beside other work two took twice the time of one.
    with one_blas_thread():
        basis = principal_basis(shown)
        trials = list(tried(shown, basis, folds_of(shown, seed)))
        gains, setting = _strongest_accepted(trials, covered)
        projection = fit(labelled, *setting, basis=basis) if gains.accepted and setting else None
    return Decision(
        projection,
        gains.sentence(),
        len(labelled.photos),
        products,
        setting,
        gains.labelled,
        gains.unlabelled,
        gains.expected,
        covered,
    )


def _strongest_accepted(trials: list[Trial], covered: float) -> tuple[Gains, AdaptationSetting | None]:
    """Where strong settings are not accepted, milder ones are judged; where none is, the mildest tell why."""
    for share in sorted(SHARES, reverse=True):
        gains = gains_of(_judged(trials, covered, share), covered)
        if gains.accepted:
            break
    return gains, best_setting(trials, covered, share)


def _judged(trials: list[Trial], covered: float, largest_share: float) -> list[TrialOutcome]:
    """Each half of the trials, as the setting that the other half chose leaves it."""
    halves = [[trial for trial in trials if trial.part in parts] for parts in HALVES]
    return [
        outcome
        for judging, choosing in (halves, halves[::-1])
        for outcome in outcomes_of(judging, best_setting(choosing, covered, largest_share))
    ]


def _too_few(labelled: Labelled, products: int) -> str:
    found = f"the labelled photos show {amount(products, 'product')} of this store"
    if labelled.left_out:
        found += f", beside {amount(labelled.left_out, 'photo')} of products that it does not have"
    return (
        f"{found}; at least {FEWEST_PRODUCTS} are needed to learn what tells products apart and to see whether it helps"
    )
