"""Ways to learn from labeled photos: each contender fits on some photos, then scores others.

``adaptation.py`` compares them. Those that Sosie lacks lost there; they are kept so that the table can be repeated.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sosie.adaptation.centering import center
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection, unit
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import fit
from sosie.calibration.features import confidence_features
from sosie.calibration.fitting import calibrate
from sosie.calibration.sampling import sample_of_adapted
from sosie.types import Vectors

Scorer = Callable[[Vectors], Vectors]
"""From photos, shape (n, dim), to a score for each catalog picture, shape (n, m)."""

Contender = Callable[[Labeled], Scorer]


def unchanged(labeled: Labeled) -> Scorer:
    return lambda photos: photos @ labeled.gallery.T


def centered(labeled: Labeled) -> Scorer:
    return scorer(center(labeled.photos, labeled.gallery), labeled)


def directions(shrinkage: float, share: float) -> Contender:
    return lambda labeled: scorer(fit(labeled, shrinkage, share), labeled)


def scorer(projection: Projection, labeled: Labeled) -> Scorer:
    gallery = projection.gallery(labeled.gallery)
    return lambda photos: projection.query(photos) @ gallery.T


def places(names: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each of the wanted names stands among the names."""
    order = np.argsort(names)
    return order[np.searchsorted(names, wanted, sorter=order)]


def margin_head(setting: AdaptationSetting, steps: int, margin: float, scale: float) -> Contender:
    """The directions, moved by normalized softmax with an additive margin; Wang et al., "CosFace", CVPR 2018.

    Classes are the catalog pictures themselves, since photos are compared with these. Adam, one product as often as
    another, weights decay towards where they began.
    """

    def learn(labeled: Labeled) -> Scorer:
        start = fit(labeled, *setting)
        rng, rate, batch = np.random.default_rng(0), 1e-3, 256
        shown = np.isin(labeled.gallery_products, labeled.products)
        gallery = unit(labeled.gallery[shown] - start.gallery_mean)
        photos = unit(labeled.photos - start.query_mean)
        right = places(labeled.gallery_products[shown], labeled.products)
        counts = np.bincount(right, minlength=len(gallery))
        chance = 1.0 / counts[right] / np.count_nonzero(counts)
        first = start.directions / np.linalg.norm(photos @ start.directions, axis=1).mean()
        now, mean, square = first.copy(), np.zeros_like(first), np.zeros_like(first)
        for step in range(1, steps + 1):
            drawn = rng.choice(len(photos), batch, p=chance)
            slope = _slope(now, photos[drawn], gallery, right[drawn], margin, scale) + 1e-3 * (now - first)
            mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
            now = now - rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        return scorer(replace(start, directions=now.astype(np.float32)), labeled)

    return learn


def _slope(
    weights: Vectors, photos: Vectors, gallery: Vectors, right: np.ndarray, margin: float, scale: float
) -> Vectors:
    """Gradient of the mean cross-entropy of ``scale`` · (cosine − margin of the right class)."""
    queries, shown = photos @ weights, gallery @ weights
    lengths, sizes = (np.linalg.norm(rows, axis=1, keepdims=True) for rows in (queries, shown))
    queries, shown = queries / lengths, shown / sizes
    rows = np.arange(len(photos))
    logits = scale * (queries @ shown.T)
    logits[rows, right] -= scale * margin
    errors = np.exp(logits - logits.max(axis=1, keepdims=True))
    errors /= errors.sum(axis=1, keepdims=True)
    errors[rows, right] -= 1.0
    errors *= scale / len(photos)
    to_queries, to_shown = errors @ shown, errors.T @ queries
    to_queries = (to_queries - (to_queries * queries).sum(axis=1, keepdims=True) * queries) / lengths
    to_shown = (to_shown - (to_shown * shown).sum(axis=1, keepdims=True) * shown) / sizes
    return photos.T @ to_queries + gallery.T @ to_shown


def photos_as_pictures(setting: AdaptationSetting, pull: float) -> Contender:
    """A product scores by its catalog picture or by the mean of its photos, less ``pull``, whichever is nearer."""

    def learn(labeled: Labeled) -> Scorer:
        projection = fit(labeled, *setting)
        gallery, queries = projection.gallery(labeled.gallery), projection.query(labeled.photos)
        means = np.zeros_like(gallery)
        np.add.at(means, places(labeled.gallery_products, labeled.products), queries)
        without = ~means.any(axis=1)
        means = unit(means)

        def score(photos: Vectors) -> Vectors:
            vectors = projection.query(photos)
            near = np.where(without, -1.0, vectors @ means.T - pull)
            return np.maximum(vectors @ gallery.T, near)

        return score

    return learn


def expanded(setting: AdaptationSetting, neighbors: int, power: float) -> Contender:
    """The query becomes a weighted mean with its first matches; Radenović et al., TPAMI 2019 (α query expansion)."""

    def learn(labeled: Labeled) -> Scorer:
        projection = fit(labeled, *setting)
        gallery = projection.gallery(labeled.gallery)

        def score(photos: Vectors) -> Vectors:
            vectors = projection.query(photos)
            cosines = vectors @ gallery.T
            limit = np.sort(cosines, axis=1)[:, -neighbors][:, None]
            weights = np.where(cosines >= limit, np.maximum(cosines, 0.0) ** power, 0.0)
            return unit(vectors + weights @ gallery) @ gallery.T

        return score

    return learn


def augmented(setting: AdaptationSetting, neighbors: int, power: float) -> Contender:
    """Each catalog vector joins the mean of its neighbors; Gordo et al., "End-to-end learning", IJCV 2017."""

    def learn(labeled: Labeled) -> Scorer:
        projection = fit(labeled, *setting)
        gallery = projection.gallery(labeled.gallery)
        cosines = gallery @ gallery.T
        limit = np.sort(cosines, axis=1)[:, -neighbors - 1][:, None]
        joined = unit(np.where(cosines >= limit, np.maximum(cosines, 0.0) ** power, 0.0) @ gallery)
        return lambda photos: projection.query(photos) @ joined.T

    return learn


def reciprocal(setting: AdaptationSetting, neighbors: int, keep: float) -> Contender:
    """The cosine and the share of common neighbors; Zhong et al., "Re-ranking person re-identification", CVPR 2017."""

    def learn(labeled: Labeled) -> Scorer:
        projection = fit(labeled, *setting)
        gallery = projection.gallery(labeled.gallery)
        among = gallery @ gallery.T
        limits = np.sort(among, axis=1)[:, -neighbors]
        theirs = np.where((among >= limits) & (among >= limits[:, None]), np.exp(among - 1.0), 0.0)

        def score(photos: Vectors) -> Vectors:
            cosines = projection.query(photos) @ gallery.T
            own = np.sort(cosines, axis=1)[:, -neighbors][:, None]
            ours = np.where((cosines >= own) & (cosines >= limits), np.exp(cosines - 1.0), 0.0)
            shared = np.stack([np.minimum(row, theirs).sum(axis=1) for row in ours])
            either = ours.sum(axis=1)[:, None] + theirs.sum(axis=1) - shared
            return keep * cosines + (1 - keep) * shared / np.maximum(either, 1e-9)

        return score

    return learn


def by_probability(setting: AdaptationSetting) -> Contender:
    """The first ten answers in the order of their probability."""

    def learn(labeled: Labeled) -> Scorer:
        projection = fit(labeled, *setting)
        gallery = projection.gallery(labeled.gallery)
        model = calibrate(sample_of_adapted(labeled, setting), "", "").model

        def score(photos: Vectors) -> Vectors:
            cosines = projection.query(photos) @ gallery.T
            more = projection.evidence(photos, gallery, labeled.gallery_products)
            scores = cosines.copy()
            for row, order in enumerate(np.argsort(-cosines, axis=1)[:, :10]):
                further = {name: values[row, order].tolist() for name, values in more.items()}
                scores[row, order] = 2.0 + model.probability(confidence_features(cosines[row, order].tolist(), further))
            return scores

        return score

    return learn
