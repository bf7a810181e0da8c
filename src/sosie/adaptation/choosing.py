"""Choose how strongly to adapt by cross-validation, judge on photos that chose nothing, and refuse what does not help.

Two questions are asked, each against the whole catalogue at hand: new photos of products that have labels (photos that
look alike are held out together: a photo of the same minute is no new photo), and photos of products without any label
(whole products are held out). One half of the held-out photos chooses the settings, the other half judges them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sosie.adaptation.projection import Matrix, Projection
from sosie.adaptation.whitening import Labelled, fit, principal_basis
from sosie.evaluation.metrics import Values
from sosie.evaluation.statistics import Comparison, compare
from sosie.types import JSON, Vectors

SHRINKAGES = (0.2, 0.4, 0.7)
SHARES = (0.3, 0.4, 0.5, 0.6)
FEWEST_PRODUCTS = 8
PARTS = 4
_CHOOSING, _JUDGING = (0, 1), (2, 3)

Kind = Literal["labelled", "unlabelled"]
KINDS: tuple[Kind, Kind] = ("labelled", "unlabelled")
Mask = npt.NDArray[np.bool_]


class Setting(NamedTuple):
    """How strongly to adapt; see ``whitening.fit``."""

    shrinkage: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """Whether the adaptation is applied (``projection``) or refused (None), and why.

    ``labelled`` compares hit rate@1 before and after on new photos of labelled products, ``unlabelled`` on photos of
    products without labels; None where the labels do not suffice to tell.
    """

    projection: Projection | None
    reason: str
    photos: int
    products: int
    setting: Setting | None = None
    labelled: Comparison | None = None
    unlabelled: Comparison | None = None

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
        }


class Fold(NamedTuple):
    """Which photos are judged by a projection that was fitted on which others; both masks have shape (n,)."""

    kind: Kind
    part: int
    judged: Mask
    fitted: Mask


class _Outcome(NamedTuple):
    before: Values
    after: Values
    products: npt.NDArray[np.str_]


def choose(labelled: Labelled, seed: int = 0) -> Decision:
    """Fit on all labelled photos with the setting that cross-validation chose, or refuse.

    Applied where the 95 % interval of the gain lies above 0 on one of the two questions and not below 0 on the other.
    """
    products = len(np.unique(labelled.products))
    if products < FEWEST_PRODUCTS:
        reason = (
            f"the labelled photos show {products} products of this store; at least {FEWEST_PRODUCTS} are needed "
            "to learn what tells products apart and to see whether it helps"
        )
        return Decision(None, reason, len(labelled.photos), products)
    basis = principal_basis(labelled)
    folds = list(folds_of(labelled, seed))
    setting = _best_setting(labelled, basis, [fold for fold in folds if fold.part in _CHOOSING])
    gains = _judge(labelled, basis, [fold for fold in folds if fold.part in _JUDGING], setting)
    helps, reason = _verdict(gains)
    projection = fit(labelled, *setting, basis=basis) if helps else None
    found = {kind: gains.get(kind) for kind in KINDS}
    return Decision(projection, reason, len(labelled.photos), products, setting, **found)


def folds_of(labelled: Labelled, seed: int = 0) -> Iterator[Fold]:
    """Every photo twice: among new photos of its product, and with its whole product held out.

    In the first kind photos without another one of their product to be fitted on are left out.
    """
    products = labelled.products
    looks, groups = _look_alikes(labelled.photos, products), _groups(products, seed)
    for part in range(PARTS):
        held_out = looks == part
        judged = held_out & np.isin(products, products[~held_out])
        yield Fold("labelled", part, judged, ~held_out)
        yield Fold("unlabelled", part, groups == part, groups != part)


def _look_alikes(photos: Vectors, products: npt.NDArray[np.str_]) -> npt.NDArray[np.int64]:
    """Part 0 … 3 of each photo: a product's photos, ordered along what varies most among them, are cut into runs."""
    parts = np.empty(len(products), dtype=np.int64)
    for name in np.unique(products):
        of_product = np.flatnonzero(products == name)
        order = np.argsort(_along_main_axis(photos[of_product]), kind="stable")
        parts[of_product[order]] = np.arange(len(order)) * PARTS // len(order)
    return parts


def _along_main_axis(rows: Vectors) -> Values:
    """Coordinates along the first principal axis, by power iteration; its sign is arbitrary but repeatable."""
    centred = rows - rows.mean(axis=0)
    found = np.random.default_rng(0).standard_normal(len(rows))
    for _ in range(30):
        found = centred @ (centred.T @ found)
        found = found / max(float(np.linalg.norm(found)), 1e-12)
    return np.asarray(found, dtype=np.float64)


def _groups(products: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.int64]:
    names, index = np.unique(products, return_inverse=True)
    return np.random.default_rng(seed).permutation(len(names))[index] % PARTS


def _best_setting(labelled: Labelled, basis: Matrix, folds: list[Fold]) -> Setting:
    hits: dict[Setting, dict[Kind, list[Values]]] = {}
    for fold in folds:
        for shrinkage in SHRINKAGES:
            for share, hit in _hits_by_share(labelled, basis, fold, shrinkage).items():
                kinds = hits.setdefault(Setting(shrinkage, share), {kind: [] for kind in KINDS})
                kinds[fold.kind].append(hit)
    return max(hits, key=lambda setting: _worth(hits[setting]))


def _worth(hits: dict[Kind, list[Values]]) -> float:
    """Both questions weigh alike, whatever the numbers of photos that answer them."""
    pooled = [np.concatenate(values) for values in hits.values()]
    return float(sum(values.mean() for values in pooled if len(values)))


def _hits_by_share(labelled: Labelled, basis: Matrix, fold: Fold, shrinkage: float) -> dict[float, Values]:
    if not fold.judged.any():
        return {share: np.zeros(0) for share in SHARES}
    projection = fit(labelled.where(fold.fitted), shrinkage, 0.0, basis)
    photos, gallery = labelled.photos[fold.judged], labelled.gallery
    dim = labelled.gallery.shape[1]
    centred = projection.query(photos)[:, :dim] @ projection.gallery(gallery)[:, :dim].T
    learned = Projection(projection.gallery_mean, projection.query_mean, projection.directions, 1.0)
    along = learned.query(photos)[:, dim:] @ learned.gallery(gallery)[:, dim:].T
    return {share: _hits(labelled, fold.judged, (1 - share) * centred + share * along) for share in SHARES}


def _judge(labelled: Labelled, basis: Matrix, folds: list[Fold], setting: Setting) -> dict[Kind, Comparison]:
    outcomes: dict[Kind, list[_Outcome]] = {kind: [] for kind in KINDS}
    for fold in folds:
        if fold.judged.any():
            projection = fit(labelled.where(fold.fitted), *setting, basis=basis)
            outcomes[fold.kind].append(_outcome(labelled, fold.judged, projection))
    return {kind: _compare(found) for kind, found in outcomes.items() if found}


def _outcome(labelled: Labelled, judged: Mask, projection: Projection) -> _Outcome:
    photos = labelled.photos[judged]
    before = _hits(labelled, judged, photos @ labelled.gallery.T)
    after = _hits(labelled, judged, projection.query(photos) @ projection.gallery(labelled.gallery).T)
    return _Outcome(before, after, labelled.products[judged])


def _compare(outcomes: list[_Outcome]) -> Comparison:
    before, after, products = (np.concatenate(parts) for parts in zip(*outcomes, strict=True))
    return compare(before, after, products.tolist())


def _hits(labelled: Labelled, judged: Mask, similarities: Matrix) -> Values:
    first = labelled.gallery_products[similarities.argmax(axis=1)]
    return np.asarray(first == labelled.products[judged], dtype=np.float64)


def _verdict(gains: dict[Kind, Comparison]) -> tuple[bool, str]:
    told = "; ".join(f"{kind} products {_sentence(gain)}" for kind, gain in gains.items())
    hurts = any(gain.difference.high < 0.0 for gain in gains.values())
    helps = any(gain.helps for gain in gains.values()) and not hurts
    return helps, f"{'it helps' if helps else 'it does not surely help'}: {told}"


def _sentence(gain: Comparison) -> str:
    interval = gain.difference
    return f"{gain.first:.3f} → {gain.second:.3f} ({interval.low:+.3f} … {interval.high:+.3f})"
