"""Adaptation without labels: subtracts from photos their mean, and from catalog pictures theirs.

Photos from a shop floor share light, shelves and clutter, which catalog pictures lack. A few catalog pictures resemble
these, and rank first for many photos: they are hubs. Centering removes the common part. Without labels, right answers
cannot be counted. So centering is applied under two conditions: the means differ by more than sampling noise, and
photos have more different pictures at the first rank than before. Sources: Suzuki et al., "Centering similarity
measures to reduce hubs", EMNLP 2013; Sun, Feng, Saenko, "Return of frustratingly easy domain adaptation", AAAI 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.adaptation.projection import Projection
from sosie.evaluation.statistics import Interval
from sosie.types import JSON, Vectors

MOST_NOISE = 0.1
"""Sampling noise may explain at most this share of the squared difference of the means."""

FEWEST_PHOTOS = 50
ROUNDS = 500


@dataclass(frozen=True, slots=True, eq=False)
class CenteringDecision:
    """The decision to apply centering (``projection``) or to refuse it (None), with the reason.

    ``noise`` is the share of the squared difference of the means that sampling noise explains. ``spread`` is the
    relative gain in the effective number of different pictures at the first rank.
    """

    projection: Projection | None
    reason: str
    photos: int
    noise: float | None = None
    spread: Interval | None = None

    def to_dict(self) -> dict[str, JSON]:
        """The decision as plain JSON."""
        spread = None if self.spread is None else self.spread.to_dict()
        applied = self.projection is not None
        return {"applied": applied, "reason": self.reason, "photos": self.photos, "noise": self.noise, "spread": spread}


def center(photos: Vectors, gallery: Vectors) -> Projection:
    """A projection that only centers. Needs at least one photo and one picture.

    ``photos`` (n, dim) and ``gallery`` (m, dim) are unit vectors.
    """
    nothing = np.zeros((gallery.shape[1], 0), dtype=np.float32)
    return Projection(gallery.mean(axis=0), photos.mean(axis=0), nothing, share=0.0)


def choose_without_labels(photos: Vectors, gallery: Vectors, seed: int = 0) -> CenteringDecision:
    """Centers on unlabeled photos if both conditions hold, else refuses and gives the reason."""
    count = len(photos)
    if count < FEWEST_PHOTOS or len(gallery) < 2:
        reason = (
            f"{count} unlabeled photos and {len(gallery)} catalog pictures are too few to measure their "
            f"difference; give at least {FEWEST_PHOTOS} customer photos as unlabeled"
        )
        return CenteringDecision(None, reason, count)
    noise = _noise(photos, gallery)
    if noise > MOST_NOISE:
        reason = (
            f"sampling noise explains {noise:.0%} of how photos and catalog differ; at most {MOST_NOISE:.0%} may be"
        )
        return CenteringDecision(None, reason, count, noise)
    spread = _spread_gain(photos, gallery, seed)
    if spread.low <= 0.0:
        reason = "photos do not spread over more catalog pictures than before"
        return CenteringDecision(None, reason, count, noise, spread)
    reason = f"photos spread over {spread.mean:.0%} more catalog pictures than before"
    return CenteringDecision(center(photos, gallery), reason, count, noise, spread)


def _noise(photos: Vectors, gallery: Vectors) -> float:
    apart = float(np.sum((photos.mean(axis=0) - gallery.mean(axis=0)) ** 2))
    sampling = sum(float(rows.var(axis=0, ddof=1).sum()) / len(rows) for rows in (photos, gallery))
    return sampling / apart if apart > 0.0 else float("inf")


def _spread_gain(photos: Vectors, gallery: Vectors, seed: int) -> Interval:
    """Relative gain in the effective number of first matches.

    Each half of the photos is centered by the mean of the other half.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(photos))
    halves = (order[: len(order) // 2], order[len(order) // 2 :])
    before = (photos @ gallery.T).argmax(axis=1)
    after = np.empty_like(before)
    for judged, fitted in (halves, halves[::-1]):
        projection = center(photos[fitted], gallery)
        after[judged] = (projection.query(photos[judged]) @ projection.gallery(gallery).T).argmax(axis=1)
    draws = (rng.integers(0, len(photos), len(photos)) for _ in range(ROUNDS))
    gains = [_effective(after[drawn]) / _effective(before[drawn]) - 1.0 for drawn in draws]
    low, high = np.quantile(gains, [0.025, 0.975])
    return Interval(_effective(after) / _effective(before) - 1.0, float(low), float(high))


def _effective(first: npt.NDArray[np.intp]) -> float:
    """Effective number of different first matches: the inverse Simpson index, 1 / Σ share²."""
    shares = np.bincount(first) / len(first)
    return 1.0 / float((shares**2).sum())
