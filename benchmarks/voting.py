"""How neighbors should vote: weightings of ``sosie identify`` on labeled photos, leave-one-out and across splits.

    python benchmarks/voting.py ../shared/data/grocery_store

Prints, for every weighting, how often the first label is right and the calibration error of its share.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sosie.embedders import registry
from sosie.evaluation.reliability import expected_calibration_error
from sosie.searching.photos import process_photos
from sosie.searching.query import QueryMaker
from sosie.searching.views import WHOLE
from sosie.sources.opening import open_source
from sosie.types import Item

LABELS: dict[str, Callable[[Item], str]] = {
    "product": lambda item: item.product_id,
    "group": lambda item: str(item.attributes["group"]),
    "category": lambda item: str(item.attributes["category"]),
}
WEIGHTINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "equal": np.ones_like,
    "cosine": lambda cosines: np.maximum(cosines, 0),
    "1 / distance": lambda cosines: 1 / np.maximum(np.sqrt(2 - 2 * cosines), 1e-6),
    **{
        f"exp(cosine / {t})": (lambda cosines, t=t: np.exp((cosines - cosines[:1]) / t))
        for t in (0.02, 0.03, 0.05, 0.1)
    },
}
COUNTS = (5, 10, 20)


def embedded(table: Path) -> tuple[list[Item], np.ndarray]:
    questioner = QueryMaker(registry.load("mobilenet_v2", threads=1), WHOLE)
    batches = list(process_photos(open_source(table), questioner, lambda photos: photos))
    vectors = np.stack([query.vector for batch in batches for query in batch.queries])
    return [item for batch in batches for item in batch.items], vectors


def shares(labels: np.ndarray, weights: np.ndarray) -> tuple[str, float]:
    names, places = np.unique(labels, return_inverse=True)
    sums = np.bincount(places, weights)
    return str(names[sums.argmax()]), float(sums.max() / sums.sum())


def measure(name: str, gallery: list[Item], queries: list[Item], cosines: np.ndarray) -> None:
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, : max(COUNTS)]
    for kind, label_of in LABELS.items():
        labels, wanted = np.array(list(map(label_of, gallery))), list(map(label_of, queries))
        for weighting, weigh in WEIGHTINGS.items():
            cells = []
            for k in COUNTS:
                votes = [
                    shares(labels[row[:k]], weigh(scores[row[:k]]))
                    for row, scores in zip(nearest, cosines, strict=True)
                ]
                right = np.array([winner == label for (winner, _), label in zip(votes, wanted, strict=True)])
                error = expected_calibration_error(np.array([share for _, share in votes]), right)
                cells.append(f"k={k}: {right.mean():.3f} ({error:.3f})")
            print(f"{name:30} {kind:9} {weighting:20} " + "  ".join(cells), flush=True)


def main() -> None:
    folder = Path(sys.argv[1])
    catalog, train, val = (
        embedded(folder / name) for name in ("catalogue.csv", "shopfloor_train.csv", "shopfloor_val.csv")
    )
    attributes = {item.product_id: item.attributes for item in catalog[0]}
    assert all(item.attributes["group"] == attributes[item.product_id]["group"] for item in val[0])
    own = train[1] @ train[1].T
    np.fill_diagonal(own, -1)
    measure("shop floor, leave one out", train[0], train[0], own)
    measure("other photos → shop floor", train[0], val[0], val[1] @ train[1].T)
    measure("other photos → one picture each", catalog[0], val[0], val[1] @ catalog[1].T)


if __name__ == "__main__":
    main()
