"""What a catalog gains from labels, or from photos alone, and whether its probabilities are honest.

    PYTHONPATH=src:benchmarks python benchmarks/quality.py

Vectors are kept in .cache/quality, so that a second run takes two minutes. Everything is chosen on the train photos;
the val photos are searched at the end of every run.
"""

import os
from collections.abc import Mapping
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt
from grocery import Hits, Photos, Products, embed_photos, interval_over_products, read_photos
from PIL import Image
from report import table, write_section

from sosie.adaptation.centering import choose_without_labels
from sosie.adaptation.choosing import choose
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection, unit
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import fit, principal_basis
from sosie.calibration.features import answers_of, confidence_features
from sosie.calibration.fitting import calibrate
from sosie.calibration.sampling import sample_of, sample_of_adapted
from sosie.embedders.base import Embedder
from sosie.embedders.registry import load
from sosie.evaluation.reliability import auroc, expected_calibration_error
from sosie.types import Vectors

EMBEDDERS = ("trio", "mobilenet_v2")
VIEWS = (1.0, 0.875, 0.7, 0.5)
Places = npt.NDArray[np.intp]
CACHE = Path(__file__).resolve().parents[1] / ".cache/quality"
SKU_SPLITS, PRESENCE_SPLITS = 40, 20
EXPLANATION = f"""Shop-floor photos against 81 catalog pictures; a photo is searched whole, or as the mean of four
views (whole, and its center squares of 0.875, 0.7 and 0.5), and labeled photos get the same views. *Adapted*: by the
labels of the train photos, settings by cross-validation on them. *By probability*: the first ten answers in the order
of their probability. *Centered*: by the train photos without labels. Intervals are 95 % over products. *Half the
products*: labels of 40 drawn products; train photos of the other 41, four views, against these 41, and against all 81;
mean gain and 95 % interval of the mean over {SKU_SPLITS} draws. *Probabilities*: calibration error in 5 bins of equal
mass, held out by product over train + val, a third of the weight on products that are left out; *present or not*: AUROC
over val with half the products removed from gallery and labels, mean of {PRESENCE_SPLITS} draws and its 95 %
interval."""


def main() -> None:
    parts = [EXPLANATION]
    for name in EMBEDDERS:
        parts.append(f"### `{name}`\n\n{measure(name)}")
        print(parts[-1], flush=True)
    write_section(
        "Adaptation and calibration", "PYTHONPATH=src:benchmarks python benchmarks/quality.py", "\n\n".join(parts)
    )


class Bench:
    """Vectors of one embedder: the catalog, and train and val photos whole and as the mean of four views."""

    def __init__(self, name: str) -> None:
        self.train, self.val, self.catalog = map(read_photos, ("shopfloor_train", "shopfloor_val", "catalogue"))
        embedder = load(name, threads=2)
        self.gallery = embedded(embedder, "catalogue", self.catalog, 1.0)
        train = [embedded(embedder, "train", self.train, view) for view in VIEWS]
        val = [embedded(embedder, "val", self.val, view) for view in VIEWS]
        self.train_whole, self.train_views = train[0], unit(sum(train))
        self.val_whole, self.val_views = val[0], unit(sum(val))
        self.names = np.unique(self.catalog.products)

    def labeled(self, chosen: Hits | None = None, shown: Hits | None = None) -> Labeled:
        """The chosen train photos in four views, as a search takes them, with the shown part of the catalog."""
        photos = np.ones(len(self.train.products), bool) if chosen is None else chosen
        pictures = np.ones(len(self.catalog.products), bool) if shown is None else shown
        return Labeled.of(
            self.train_views[photos],
            self.train.products[photos].tolist(),
            self.gallery[pictures],
            self.catalog.products[pictures].tolist(),
        )


def embedded(embedder: Embedder, part: str, photos: Photos, view: float) -> Vectors:
    """Vectors of a table's pictures, or of their center squares; from the cache where they lie there."""
    path = CACHE / f"{embedder.spec.fingerprint}-{part}-{view}.npy"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        np.save(path, embed_photos(embedder, photos, change=None if view == 1.0 else lambda p: center_square(p, view)))
        print(path.name, flush=True)
    vectors: Vectors = np.load(path)
    return vectors


def center_square(picture: Image.Image, share: float) -> Image.Image:
    """The square in the middle whose side is this share of the shorter side."""
    side = round(min(picture.size) * share)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side))


def measure(name: str) -> str:
    """All tables of one embedder."""
    bench = Bench(name)
    decision, free = choose(bench.labeled()), choose_without_labels(bench.train_views, bench.gallery)
    setting = decision.setting or AdaptationSetting(0.4, 0.5)
    return "\n\n".join(
        [
            f"Adapted: {decision.reason}. Setting: shrinkage {setting.shrinkage}, share {setting.share}.",
            f"Centered: {free.reason}. On the catalog alone: "
            f"{choose_without_labels(bench.gallery[:0], bench.gallery).reason}.",
            table(
                ["val, 296 photos", "hit rate@1", "95 %", "hit rate@5"],
                val_rows(bench, decision.projection, free.projection, setting),
            ),
            table(["half the products", "before", "after", "gain", "95 %"], half_rows(bench, setting)),
            table(["probabilities", "not adapted", "adapted"], probability_rows(bench, setting)),
        ]
    )


def val_rows(
    bench: Bench, adapted: Projection | None, centered: Projection | None, setting: AdaptationSetting
) -> list[list[str]]:
    rows = []
    for name, projection in (("as it is", None), ("centered", centered), ("adapted", adapted)):
        for view, photos in (("whole", bench.val_whole), ("four views", bench.val_views)):
            nearest = in_order(similarities(photos, bench.gallery, projection))
            rows.append(val_row(f"{name}, {view}", bench, nearest))
    if adapted is not None:
        rows.append(val_row("adapted, four views, by probability", bench, by_probability(bench, adapted, setting)))
    return rows


def val_row(name: str, bench: Bench, nearest: Places) -> list[str]:
    right = bench.catalog.products[nearest] == bench.val.products[:, None]
    first, fifth = right[:, 0], right[:, :5].any(axis=1)
    low, high = interval_over_products(first, bench.val.products)
    return [name, f"{first.mean():.3f}", f"{low:.3f} … {high:.3f}", f"{fifth.mean():.3f}"]


def by_probability(bench: Bench, projection: Projection, setting: AdaptationSetting) -> Places:
    """The first ten answers to the val photos, ordered by a calibration that was fitted on the train photos."""
    model = calibrate(sample_of_adapted(bench.labeled(), setting), "", "").model
    cosines = similarities(bench.val_views, bench.gallery, projection)
    nearest = in_order(cosines)[:, :10]
    more = further(bench.val_views, bench.gallery, bench.catalog.products, projection)
    for row, places in enumerate(nearest):
        evidence = {name: values[row, places].tolist() for name, values in more.items()}
        chances = model.probability(confidence_features(cosines[row, places].tolist(), evidence))
        nearest[row] = places[np.argsort(-chances, kind="stable")]
    return nearest


def in_order(scores: Vectors) -> Places:
    return np.argsort(-scores, axis=1, kind="stable")


def half_rows(bench: Bench, setting: AdaptationSetting) -> list[list[str]]:
    gains: dict[str, list[tuple[float, float]]] = {}
    basis = principal_basis(bench.labeled())
    for draw in range(SKU_SPLITS):
        taught_names = np.random.default_rng(draw).permutation(bench.names)[: len(bench.names) // 2]
        taught = np.isin(bench.train.products, taught_names)
        projection = fit(bench.labeled(taught), *setting, basis=basis)
        queries, products = bench.train_views[~taught], bench.train.products[~taught]
        untaught = ~np.isin(bench.catalog.products, taught_names)
        scores = [similarities(queries, bench.gallery, fitted) for fitted in (None, projection)]
        for against, shown in (("the other half", untaught), ("all", np.ones(len(untaught), bool))):
            nearest = [bench.catalog.products[shown][in_order(cosines[:, shown])[:, :5]] for cosines in scores]
            right = [np.logical_or.accumulate(names == products[:, None], axis=1).mean(axis=0) for names in nearest]
            for k in (1, 5):
                gains.setdefault(f"against {against}, hit rate@{k}", []).append((right[0][k - 1], right[1][k - 1]))
    return [gain_row(name, np.array(pairs)) for name, pairs in gains.items()]


def gain_row(name: str, pairs: np.ndarray) -> list[str]:
    gain = pairs[:, 1] - pairs[:, 0]
    half = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain))
    before, after = pairs.mean(axis=0)
    interval = f"{gain.mean() - half:+.3f} … {gain.mean() + half:+.3f}"
    return [name, f"{before:.3f}", f"{after:.3f}", f"{gain.mean():+.3f}", interval]


def probability_rows(bench: Bench, setting: AdaptationSetting) -> list[list[str]]:
    every = Labeled.of(
        np.concatenate([bench.train_views, bench.val_views]),
        [*bench.train.products.tolist(), *bench.val.products.tolist()],
        bench.gallery,
        bench.catalog.products.tolist(),
    )
    samples = (sample_of(every), sample_of_adapted(every, setting))
    quality = [calibrate(sample, "", "").quality for sample in samples]
    presence = [
        [present_or_not(bench, setting, draw, adapted) for draw in range(PRESENCE_SPLITS)] for adapted in (False, True)
    ]
    shift = [f"{error_on_val(bench, setting, adapted):.3f}" for adapted in (False, True)]
    return [
        ["calibration error", *(f"{measured.error:.3f}" for measured in quality)],
        ["calibration error on val, fitted on train", *shift],
        ["share of the weight called match", *(f"{measured.match_share:.3f}" for measured in quality)],
        *(
            [f"present or not, {name}", *(mean_of([draw[place] for draw in draws]) for draws in presence)]
            for place, name in enumerate(("probability of the answer", "cosine"))
        ),
    ]


def mean_of(draws: list[float]) -> str:
    """The mean of the draws and half its 95 % interval."""
    return f"{np.mean(draws):.3f} ± {1.96 * np.std(draws, ddof=1) / np.sqrt(len(draws)):.3f}"


def present_or_not(bench: Bench, setting: AdaptationSetting, draw: int, adapted: bool) -> tuple[float, float]:
    """AUROC over val of the probability that the first answer is right, and of the cosine.

    Gallery and labels have only the kept half of the products.
    """
    kept = np.random.default_rng(1000 + draw).permutation(bench.names)[: len(bench.names) // 2]
    labeled = bench.labeled(np.isin(bench.train.products, kept), np.isin(bench.catalog.products, kept))
    basis = principal_basis(labeled) if adapted else None
    sample = sample_of_adapted(labeled, setting, basis=basis) if adapted else sample_of(labeled)
    calibration, projection = calibrate(sample, "", ""), fit(labeled, *setting, basis=basis) if adapted else None
    evidence = answers_of(
        similarities(bench.val_views, labeled.gallery, projection),
        labeled.gallery_products,
        further=further(bench.val_views, labeled.gallery, labeled.gallery_products, projection),
    ).evidence
    present = np.isin(bench.val.products, kept)
    return auroc(calibration.model.probability(evidence), present), auroc(evidence["cosine"], present)


def error_on_val(bench: Bench, setting: AdaptationSetting, adapted: bool) -> float:
    """Calibration error on val, with a third of the weight on products left out, of a calibration fitted on train."""
    model = calibrate(
        sample_of_adapted(bench.labeled(), setting) if adapted else sample_of(bench.labeled()), "", ""
    ).model
    val = Labeled.of(bench.val_views, bench.val.products.tolist(), bench.gallery, bench.catalog.products.tolist())
    sample = sample_of(val, fit(bench.labeled(), *setting) if adapted else None)
    return expected_calibration_error(model.probability(sample.evidence), sample.right, weights=sample.weights)


def similarities(photos: Vectors, gallery: Vectors, projection: Projection | None) -> Vectors:
    if projection is None:
        return photos @ gallery.T
    return projection.query(photos) @ projection.gallery(gallery).T


def further(
    photos: Vectors, gallery: Vectors, products: Products, projection: Projection | None
) -> Mapping[str, Vectors]:
    return {} if projection is None else projection.evidence(photos, projection.gallery(gallery), products)


if __name__ == "__main__":
    main()
