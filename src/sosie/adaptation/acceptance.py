"""Decides whether an adaptation is applied: the catalog must gain significantly, and few customers may lose.

An adaptation ranks labeled products higher, so other products may rank lower. There are two conditions:

- Gain: the mean of the gain on labeled and on unlabeled products, weighted by their shares of the catalog, is
  significantly above 0.
- Harm: at most ``MOST_HARM`` of all customers get a worse result because their product has no labels. This is judged at
  the worst end of the 95 % interval.

So a catalog with few labels gets a weaker adaptation than a catalog with labels for every product.
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
LEAST_UNLABELED_WEIGHT = 1 / 3
"""Least weight of products without labels when settings are compared, even if all products have labels."""

UNLABELED_CAUTION = 80.0
"""With this many labeled products, and nearly all others without labels, learned directions get at most half of the
cosine.

docs/quality-learning.md says how the number was chosen.
"""


def largest_share(products: int, covered: float) -> float:
    """The largest share of the cosine that the learned directions may have.

    ``products`` is the number of labeled products, ``covered`` their share of the catalog. Few products give few
    directions, along which other products differ mostly by chance. So the share falls with fewer labeled products and
    with more unlabeled ones.
    """
    independent = products - 1
    return independent / (independent + UNLABELED_CAUTION * (1.0 - covered))


@dataclass(frozen=True, slots=True, eq=False)
class TrialOutcome:
    """Hits at the first rank before and after adapting: 1.0 or 0.0, shape (n,), for n photos of one kind of product."""

    kind: Kind
    products: npt.NDArray[np.str_]
    before: Values
    after: Values


@dataclass(frozen=True, slots=True)
class Gains:
    """The gains on labeled products, on unlabeled products (None without photos of them), and over the whole catalog.

    ``covered`` is the share of the catalog's products that have labels.
    """

    labeled: Comparison | None
    unlabeled: Comparison | None
    expected: Interval
    covered: float

    @property
    def harm(self) -> float:
        """The share of all customers with a worse result because their product has no labels; negative for a gain."""
        return 0.0 if self.unlabeled is None else -(1.0 - self.covered) * self.unlabeled.difference.low

    @property
    def accepted(self) -> bool:
        """True if the gain is significant and the harm is small."""
        return self.expected.low > 0.0 and self.harm <= MOST_HARM

    def sentence(self) -> str:
        """The gains and the decision as a sentence."""
        kinds = ((kind, getattr(self, kind)) for kind in KINDS)
        changes = "; ".join(f"{kind} products {_change(gain)}" for kind, gain in kinds if gain is not None)
        if self.accepted:
            return f"it helps: {changes}"
        if self.expected.low <= 0.0:
            whole = f"over the whole catalog {self.expected.low:+.3f} … {self.expected.high:+.3f}"
            return f"no significant gain: {whole}; {changes}; more photos would narrow the interval"
        return f"it may harm the {1 - self.covered:.0%} of the products that have no labels: {changes}"


def outcomes_of(trials: Iterable[Trial], setting: AdaptationSetting | None) -> list[TrialOutcome]:
    """The outcomes of a setting in these trials; None means no adaptation."""
    return [
        TrialOutcome(
            trial.kind, trial.products, trial.before, trial.before if setting is None else trial.after[setting]
        )
        for trial in trials
    ]


def gains_of(outcomes: Sequence[TrialOutcome], covered: float) -> Gains:
    """The gains with their 95 % intervals, by resampling products."""
    return Gains(
        labeled=_compared([outcome for outcome in outcomes if outcome.kind == "labeled"]),
        unlabeled=_compared([outcome for outcome in outcomes if outcome.kind == "unlabeled"]),
        expected=bootstrap(_gain_by_product(outcomes, covered)),
        covered=covered,
    )


def best_setting(trials: Sequence[Trial], covered: float, largest_share: float) -> AdaptationSetting | None:
    """The setting with the largest gain among those without harm in these trials; None if there is none."""
    weight = min(covered, 1.0 - LEAST_UNLABELED_WEIGHT)
    mild = [setting for setting in SETTINGS if setting.share <= largest_share]
    worth = {setting: float(np.mean(_gain_by_product(outcomes_of(trials, setting), weight))) for setting in mild}
    ranked = sorted(mild, key=lambda setting: -worth[setting])
    return next((setting for setting in ranked if _harm(outcomes_of(trials, setting), covered) <= MOST_HARM), None)


def _harm(outcomes: Sequence[TrialOutcome], covered: float) -> float:
    gains = [(outcome.after - outcome.before, outcome.products) for outcome in outcomes if outcome.kind == "unlabeled"]
    if not gains or covered >= 1.0:
        return 0.0
    values, products = (np.concatenate(parts) for parts in zip(*gains, strict=True))
    return -(1.0 - covered) * bootstrap(values, products.tolist()).low


def _gain_by_product(outcomes: Sequence[TrialOutcome], labeled: float) -> Values:
    """The expected gain of each product: its gain with labels has the weight ``labeled``, without 1 − ``labeled``.

    A product with outcomes of only one kind has the gain of that kind.
    """
    names = np.unique(np.concatenate([outcome.products for outcome in outcomes]))
    means = [_means([outcome for outcome in outcomes if outcome.kind == kind], names) for kind in KINDS]
    weights = np.array([[labeled], [1.0 - labeled]])
    present = ~np.isnan(means)
    total = (weights * present).sum(axis=0)
    gains = (weights * np.nan_to_num(means)).sum(axis=0)
    return np.asarray(np.divide(gains, total, out=np.nan_to_num(means).sum(axis=0), where=total > 0.0))


def _means(outcomes: Sequence[TrialOutcome], names: npt.NDArray[np.str_]) -> Values:
    sums, counts = np.zeros(len(names)), np.zeros(len(names))
    for outcome in outcomes:
        place = np.searchsorted(names, outcome.products)
        sums += np.bincount(place, outcome.after - outcome.before, len(names))
        counts += np.bincount(place, minlength=len(names))
    return np.asarray(np.divide(sums, counts, out=np.full(len(names), np.nan), where=counts > 0))


def _compared(outcomes: Sequence[TrialOutcome]) -> Comparison | None:
    if not outcomes:
        return None
    before, after, products = (
        np.concatenate([getattr(outcome, name) for outcome in outcomes]) for name in ("before", "after", "products")
    )
    return compare_runs(before, after, products.tolist())


def _change(gain: Comparison) -> str:
    interval = gain.difference
    return f"{gain.first:.3f} → {gain.second:.3f} ({interval.low:+.3f} … {interval.high:+.3f})"
