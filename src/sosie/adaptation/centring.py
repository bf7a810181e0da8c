"""Adaptation without labels: customers' photos and catalogue pictures each lose their own mean.

Photos from a shop floor share what no catalogue picture has (light, shelves, clutter), so a few catalogue pictures that
happen to share some of it come first for every photo: hubs. Centring removes what is shared. Sources: Suzuki et al.,
"Centering similarity measures to reduce hubs", EMNLP 2013; Sun, Feng, Saenko, "Return of frustratingly easy domain
adaptation", AAAI 2016. Without labels nobody can count right answers, so two things that can be measured must hold:
the difference of the means stands out of its own noise, and photos spread over more catalogue pictures than before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sosie.adaptation.projection import Projection
from sosie.evaluation.statistics import Interval
from sosie.types import JSON, Vectors

MOST_NOISE = 0.1
"""Largest share of the squared difference of the means that their sampling noise may explain."""

FEWEST_PHOTOS = 50
ROUNDS = 500


@dataclass(frozen=True, slots=True, eq=False)
class CentringDecision:
    """Whether centring is applied (``projection``) or refused (None), and why.

    ``noise`` is the share of the squared difference of the means that sampling explains; ``spread`` the gain in the
    effective number of catalogue pictures that come first, as a share of the number before.
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


def centre(photos: Vectors, gallery: Vectors) -> Projection:
    """The projection that only centres: unit vectors of shapes (n, dim) and (m, dim), n and m at least 1."""
    nothing = np.zeros((gallery.shape[1], 0), dtype=np.float32)
    return Projection(gallery.mean(axis=0), photos.mean(axis=0), nothing, share=0.0)


def choose_without_labels(photos: Vectors, gallery: Vectors, seed: int = 0) -> CentringDecision:
    """Centre on unlabelled photos if that can be shown to be sound, else refuse and say why."""
    count = len(photos)
    if count < FEWEST_PHOTOS or len(gallery) < 2:
        reason = (
            f"{count} unlabelled photos and {len(gallery)} catalogue pictures do not show how photos differ from the "
            f"catalogue; give at least {FEWEST_PHOTOS} customer photos as unlabelled"
        )
        return CentringDecision(None, reason, count)
    noise = _noise(photos, gallery)
    if noise > MOST_NOISE:
        reason = (
            f"sampling noise explains {noise:.0%} of how photos and catalogue differ; at most {MOST_NOISE:.0%} may be"
        )
        return CentringDecision(None, reason, count, noise)
    spread = _spread_gain(photos, gallery, seed)
    if spread.low <= 0.0:
        reason = "photos do not spread over more catalogue pictures than before"
        return CentringDecision(None, reason, count, noise, spread)
    reason = f"photos spread over {spread.mean:.0%} more catalogue pictures than before"
    return CentringDecision(centre(photos, gallery), reason, count, noise, spread)


def _noise(photos: Vectors, gallery: Vectors) -> float:
    apart = float(np.sum((photos.mean(axis=0) - gallery.mean(axis=0)) ** 2))
    sampling = sum(float(rows.var(axis=0, ddof=1).sum()) / len(rows) for rows in (photos, gallery))
    return sampling / apart if apart > 0.0 else float("inf")


def _spread_gain(photos: Vectors, gallery: Vectors, seed: int) -> Interval:
    """Relative gain in effective first answers; every photo is centred by the mean of the half that it is not in."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(photos))
    halves = (order[: len(order) // 2], order[len(order) // 2 :])
    before = (photos @ gallery.T).argmax(axis=1)
    after = np.empty_like(before)
    for judged, fitted in (halves, halves[::-1]):
        projection = centre(photos[fitted], gallery)
        after[judged] = (projection.query(photos[judged]) @ projection.gallery(gallery).T).argmax(axis=1)
    draws = (rng.integers(0, len(photos), len(photos)) for _ in range(ROUNDS))
    gains = [_effective(after[drawn]) / _effective(before[drawn]) - 1.0 for drawn in draws]
    low, high = np.quantile(gains, [0.025, 0.975])
    return Interval(_effective(after) / _effective(before) - 1.0, float(low), float(high))


def _effective(first: npt.NDArray[np.intp]) -> float:
    """Effective number of different first answers: the inverse Simpson index, 1 / Σ share²."""
    shares = np.bincount(first) / len(first)
    return 1.0 / float((shares**2).sum())
