"""Ways in which a catalog can learn, rejected ones included: every contender on the same three questions.

    PYTHONPATH=src:benchmarks python benchmarks/adaptation.py

On the train photos alone, in the 640 principal directions of ``trio``, where everything is six times as fast.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from colors import colors
from contenders import (
    Contender,
    augmented,
    by_probability,
    centered,
    directions,
    expanded,
    margin_head,
    photos_as_pictures,
    reciprocal,
    unchanged,
)
from quality import Bench
from report import table, write_section

from sosie.adaptation.folds import folds_of
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import unit
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import principal_basis
from sosie.types import Vectors

SPLITS = 2
MIDDLE, STRONG = AdaptationSetting(0.4, 0.4), AdaptationSetting(0.2, 0.5)
EXPLANATION = f"""`trio`, photos searched in four views, hit rate@1 (in brackets @5) on train photos. *Labeled*: photos
held out with those that look alike, of products that have labels, against all 81. *Half*: half the products have
labels, photos of the others are judged against these alone. *All*: the same photos against all 81. *Half* and *all*:
mean of {2 * SPLITS} halves. Where nothing else is said: shrinkage {MIDDLE.shrinkage}, share {MIDDLE.share}, labeled
photos in four views."""

CONTENDERS: dict[str, Contender] = {
    "nothing": unchanged,
    "centering": centered,
    **{
        f"directions, shrinkage {shrinkage}, share {share}": directions(shrinkage, share)
        for shrinkage in (0.1, 0.2, 0.4, 0.7)
        for share in (0.2, 0.4, 0.6, 1.0)
    },
    "margin head, 100 steps, margin 0.1, scale 16": margin_head(MIDDLE, 100, 0.1, 16.0),
    "margin head, 400 steps, margin 0.1, scale 16": margin_head(MIDDLE, 400, 0.1, 16.0),
    "margin head, 100 steps, margin 0, scale 8": margin_head(MIDDLE, 100, 0.0, 8.0),
    "margin head, 100 steps, margin 0, scale 8, shrinkage 0.2, share 0.5": margin_head(STRONG, 100, 0.0, 8.0),
    "mean photo as another picture": photos_as_pictures(MIDDLE, 0.0),
    "mean photo as another picture, less 0.2": photos_as_pictures(MIDDLE, 0.2),
    "query expansion, 3 neighbors, power 3": expanded(MIDDLE, 3, 3.0),
    "pictures joined with 2 neighbors, power 3": augmented(MIDDLE, 2, 3.0),
    "k-reciprocal, 10 neighbors, 0.7 of the cosine": reciprocal(MIDDLE, 10, 0.7),
    "first ten by probability": by_probability(MIDDLE),
    "first ten by probability, shrinkage 0.2, share 0.5": by_probability(STRONG),
}


def main() -> None:
    bench = Bench("trio")
    every = bench.labeled()
    basis = principal_basis(every)
    queries, gallery = unit(every.photos @ basis), unit(every.gallery @ basis)
    four_views = Labeled(queries, every.products, gallery, every.gallery_products)
    whole = Labeled(unit(bench.train_whole @ basis), every.products, gallery, every.gallery_products)
    rows = [judged(name, contender, four_views, queries) for name, contender in CONTENDERS.items()]
    rows.append(judged("labeled photos whole, one view", directions(*MIDDLE), whole, queries))
    for weight in (0.1, 0.3):
        joined = with_color(four_views, weight)
        rows.append(judged(f"color joined, weight {weight}", directions(*MIDDLE), joined, joined.photos))
        rows.append(judged(f"color joined, weight {weight}, nothing learned", unchanged, joined, joined.photos))
    body = f"{EXPLANATION}\n\n{table(['contender', 'labeled', 'half', 'all'], rows)}"
    write_section("What a catalog might learn", "PYTHONPATH=src:benchmarks python benchmarks/adaptation.py", body)


def judged(name: str, contender: Contender, labeled: Labeled, queries: Vectors) -> list[str]:
    hit_rates: dict[str, list[tuple[float, float]]] = {"labeled": [], "half": [], "all": []}
    for question, pair in answers(contender, labeled, queries):
        hit_rates[question].append(pair)
    row = [name, *("{:.3f} ({:.3f})".format(*np.mean(pairs, axis=0)) for pairs in hit_rates.values())]
    print(" | ".join(row), flush=True)
    return row


def answers(contender: Contender, labeled: Labeled, queries: Vectors) -> Iterator[tuple[str, tuple[float, float]]]:
    everything = np.ones(len(labeled.gallery), np.bool_)
    for fold in folds_of(labeled):
        if fold.kind == "labeled":
            scores = contender(labeled.where(fold.fitted))(queries[fold.judged])
            yield "labeled", rates(scores, everything, labeled, fold.judged)
    for draw in range(SPLITS):
        names = np.random.default_rng(draw).permutation(labeled.gallery_products)
        for half in np.array_split(names, 2):
            taught = np.isin(labeled.products, half)
            scores = contender(labeled.where(taught))(queries[~taught])
            yield "half", rates(scores, ~np.isin(labeled.gallery_products, half), labeled, ~taught)
            yield "all", rates(scores, everything, labeled, ~taught)


def rates(
    scores: Vectors, shown: npt.NDArray[np.bool_], labeled: Labeled, judged: npt.NDArray[np.bool_]
) -> tuple[float, float]:
    nearest = labeled.gallery_products[shown][np.argsort(-scores[:, shown], axis=1, kind="stable")[:, :5]]
    right = nearest == labeled.products[judged][:, None]
    return float(right[:, 0].mean()), float(right.any(axis=1).mean())


def with_color(labeled: Labeled, weight: float) -> Labeled:
    """Looks and color side by side: the cosine is their weighted mean."""

    def join(looks: Vectors, color: Vectors) -> Vectors:
        return np.hstack([np.sqrt(1 - weight) * looks, np.sqrt(weight) * color]).astype(np.float32)

    return Labeled(
        join(labeled.photos, colors("shopfloor_train")),
        labeled.products,
        join(labeled.gallery, colors("catalogue")),
        labeled.gallery_products,
    )


if __name__ == "__main__":
    main()
