"""The rule by which an adaptation is accepted: it must surely help the catalogue, and must not harm the unlabelled.

Products with labels gain much and those without may lose, since labelled ones push ahead of them. So what counts is the
gain over the whole catalogue, each kind weighed by its share of the products, and beside it the harm: of all customers
at most ``MOST_HARM`` may be served worse because what they ask for has no labels, at the end of the 95 % interval that
is worst. A catalogue with few labels so gets a milder adaptation than one in which every product has some.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.adaptation.folds import KINDS, Kind
from sosie.adaptation.trials import SETTINGS, AdaptationSetting, Trial
from sosie.evaluation.metrics import Values
from sosie.evaluation.statistics import Comparison, Interval, bootstrap, compare_runs

MOST_HARM = 0.02
LEAST_UNLABELLED_WEIGHT = 1 / 3
"""When settings are compared, gains on products without labels weigh at least this much, even if all have labels."""


@dataclass(frozen=True, slots=True, eq=False)
class TrialOutcome:
    """1.0 where the right product came first, before and after, for photos of one kind of products; shapes (n,)."""

    kind: Kind
    products: npt.NDArray[np.str_]
    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class Gains:
    """What outcomes add up to: for each kind (None without photos of it), and for a catalogue so ``covered``.

    ``covered`` is the share of its products that have labels.
    """

    labelled: Comparison | None
    unlabelled: Comparison | None
    expected: Interval
    covered: float

    @property
    def harm(self) -> float:
        """The share of all customers who may be served worse for want of labels; negative where all surely gain."""
        return 0.0 if self.unlabelled is None else -(1.0 - self.covered) * self.unlabelled.difference.low

    @property
    def accepted(self) -> bool:
        """Whether the gain is sure and the harm small."""
        return self.expected.low > 0.0 and self.harm <= MOST_HARM

    def sentence(self) -> str:
        """What was found and what follows."""
        found = ((kind, getattr(self, kind)) for kind in KINDS)
        told = "; ".join(f"{kind} products {_change(gain)}" for kind, gain in found if gain is not None)
        if self.accepted:
            return f"it helps: {told}"
        if self.expected.low <= 0.0:
            whole = f"over the whole catalogue {self.expected.low:+.3f} … {self.expected.high:+.3f}"
            return f"it does not surely help: {whole}; {told}; more photos narrow that"
        return f"it may harm the {1 - self.covered:.0%} of the products that have no labels: {told}"


def outcomes_of(trials: Iterable[Trial], setting: AdaptationSetting | None) -> list[TrialOutcome]:
    """What a setting does in these trials; None leaves everything as it is."""
    return [
        TrialOutcome(
            trial.kind, trial.products, trial.before, trial.before if setting is None else trial.after[setting]
        )
        for trial in trials
    ]


def gains_of(outcomes: Sequence[TrialOutcome], covered: float) -> Gains:
    """The gains with their 95 % intervals, products drawn anew."""
    return Gains(
        labelled=_compared([one for one in outcomes if one.kind == "labelled"]),
        unlabelled=_compared([one for one in outcomes if one.kind == "unlabelled"]),
        expected=bootstrap(_gain_by_product(outcomes, covered)),
        covered=covered,
    )


def best_setting(trials: Sequence[Trial], covered: float, largest_share: float) -> AdaptationSetting | None:
    """The setting that gains most among those that do no harm in these trials, None where there is none."""
    weight = min(covered, 1.0 - LEAST_UNLABELLED_WEIGHT)
    mild = [setting for setting in SETTINGS if setting.share <= largest_share]
    worth = {one: float(np.mean(_gain_by_product(outcomes_of(trials, one), weight))) for one in mild}
    ranked = sorted(mild, key=lambda setting: -worth[setting])
    return next((one for one in ranked if _harm(outcomes_of(trials, one), covered) <= MOST_HARM), None)


def _harm(outcomes: Sequence[TrialOutcome], covered: float) -> float:
    gains = [(one.after - one.before, one.products) for one in outcomes if one.kind == "unlabelled"]
    if not gains or covered >= 1.0:
        return 0.0
    values, products = (np.concatenate(parts) for parts in zip(*gains, strict=True))
    return -(1.0 - covered) * bootstrap(values, products.tolist()).low


def _gain_by_product(outcomes: Sequence[TrialOutcome], labelled: float) -> Values:
    """The expected gain of each product, its kinds weighed; a product that was seen in one kind counts by that."""
    names = np.unique(np.concatenate([one.products for one in outcomes]))
    means = [_means([one for one in outcomes if one.kind == kind], names) for kind in KINDS]
    weights = np.array([[labelled], [1.0 - labelled]])
    known = ~np.isnan(means)
    total = (weights * known).sum(axis=0)
    gains = (weights * np.nan_to_num(means)).sum(axis=0)
    return np.asarray(np.divide(gains, total, out=np.nan_to_num(means).sum(axis=0), where=total > 0.0))


def _means(outcomes: Sequence[TrialOutcome], names: npt.NDArray[np.str_]) -> Values:
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    for one in outcomes:
        place = np.searchsorted(names, one.products)
        sums += np.bincount(place, one.after - one.before, len(names))
        counts += np.bincount(place, minlength=len(names))
    return np.asarray(np.divide(sums, counts, out=np.full(len(names), np.nan), where=counts > 0))


def _compared(outcomes: Sequence[TrialOutcome]) -> Comparison | None:
    if not outcomes:
        return None
    before, after, products = (
        np.concatenate([getattr(one, name) for one in outcomes]) for name in ("before", "after", "products")
    )
    return compare_runs(before, after, products.tolist())


def _change(gain: Comparison) -> str:
    interval = gain.difference
    return f"{gain.first:.3f} → {gain.second:.3f} ({interval.low:+.3f} … {interval.high:+.3f})"
