"""Does it help to crop to the main object first? U²-NetP's mask against the four views that a search uses anyway.

    PYTHONPATH=src:benchmarks python benchmarks/main_object.py ../shared/models/u2netp.onnx

Every fourth train photo is searched without adaptation, and with an adaptation by the labels of the other half of the
products; every val photo is searched once. Boxes and vectors are kept in .cache/quality.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import onnxruntime
from grocery import Hits, Photos, Products, interval_over_products, read_photos
from PIL import Image
from quality import CACHE, VIEWS, center_square, embedded, similarities
from report import table, write_section

from sosie.adaptation.choosing import choose
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection, unit
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import fit, principal_basis
from sosie.embedders.base import Embedder
from sosie.embedders.registry import load
from sosie.images.decode import decode
from sosie.images.transform import resize, shorter_side_needed, to_pixels
from sosie.types import Vectors

STEP = 4
SIDE = 320
MARGIN = 0.05
FOREGROUND = 0.5
DRAWS = 10
EMBEDDERS = ("mobilenet_v2", "trio")
Box = tuple[float, float, float, float]


def main() -> None:
    network = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    photos = {"train": read_photos("shopfloor_train", STEP), "val": read_photos("shopfloor_val")}
    boxes = {part: boxes_of(part, some, network) for part, some in photos.items()}
    parts = [f"The mask takes {np.median(boxes['val'][1]) * 1000:.0f} ms a photo (median, beside other work)."]
    for name in EMBEDDERS:
        parts.append(
            f"### `{name}`\n\n{measure(load(name, threads=2), photos, {part: own for part, (own, _) in boxes.items()})}"
        )
        print(parts[-1], flush=True)
    write_section(
        "The main object of a photo",
        "PYTHONPATH=src:benchmarks python benchmarks/main_object.py ../shared/models/u2netp.onnx",
        "\n\n".join(parts),
    )


def boxes_of(part: str, photos: Photos, network: onnxruntime.InferenceSession) -> tuple[np.ndarray, np.ndarray]:
    """The main object's box in each photo, in fractions, and the seconds that each took; from the cache if there."""
    path = CACHE / f"u2netp-{part}.npz"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        rows = [box_and_seconds(decode(photo.read_bytes(), shorter_side=SIDE), network) for photo in photos.paths]
        np.savez(path, boxes=[box for box, _ in rows], seconds=[seconds for _, seconds in rows])
    kept = np.load(path)
    return kept["boxes"], kept["seconds"]


def box_and_seconds(picture: Image.Image, network: onnxruntime.InferenceSession) -> tuple[Box, float]:
    """Left, upper, right and lower end of what the mask marks, a margin added; everything where it marks nothing."""
    began = time.perf_counter()
    rgb = np.asarray(picture.resize((SIDE, SIDE)), np.float32)
    pixels = (rgb / max(rgb.max(), 1.0) - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    given = {network.get_inputs()[0].name: pixels.transpose(2, 0, 1)[np.newaxis].astype(np.float32)}
    mask = network.run([network.get_outputs()[0].name], given)[0].squeeze()
    mask = (mask - mask.min()) / max(mask.max() - mask.min(), 1e-6)
    rows, columns = (np.flatnonzero((mask > FOREGROUND).any(axis=axis)) for axis in (1, 0))
    seconds = time.perf_counter() - began
    if not len(rows):
        return (0.0, 0.0, 1.0, 1.0), seconds
    ends = columns[0] / SIDE - MARGIN, rows[0] / SIDE - MARGIN, (columns[-1] + 1) / SIDE, (rows[-1] + 1) / SIDE
    return (max(ends[0], 0), max(ends[1], 0), min(ends[2] + MARGIN, 1), min(ends[3] + MARGIN, 1)), seconds


def embedded_boxes(embedder: Embedder, part: str, photos: Photos, boxes: np.ndarray, view: float) -> Vectors:
    """Vectors of what lies in the boxes, or of the center squares of that; from the cache if there."""
    path = CACHE / f"{embedder.spec.fingerprint}-box-{part}-{view}.npy"
    if not path.exists():
        transforms = embedder.spec.transforms
        rows = []
        for photo, box in zip(photos.paths, boxes, strict=True):
            picture = decode(photo.read_bytes(), shorter_side=2 * shorter_side_needed(transforms))
            sides = np.tile(picture.size, 2)
            inside = picture.crop([round(end) for end in np.asarray(box) * sides])
            rows.append(resize(inside if view == 1.0 else center_square(inside, view), transforms))
        batches = [rows[start : start + 16] for start in range(0, len(rows), 16)]
        vectors = [embedder.embed(to_pixels(batch, transforms)) for batch in batches]
        np.save(path, np.concatenate(vectors))
    kept: Vectors = np.load(path)
    return kept


class QueryVectors:
    """The photos of one table as queries, in several ways: vectors of shape (n, dim)."""

    def __init__(self, embedder: Embedder, part: str, photos: Photos, boxes: np.ndarray) -> None:
        step = STEP if part == "train" else 1
        every = read_photos(f"shopfloor_{part}")
        views = [embedded(embedder, part, every, view)[::step] for view in VIEWS]
        inside = [embedded_boxes(embedder, part, photos, boxes, view) for view in VIEWS]
        self.products = photos.products
        self.views = unit(sum(views))
        self.box, self.box_views, self.all = inside[0], unit(sum(inside)), unit(sum(views) + inside[0])


Confidence = Callable[[Vectors], np.ndarray]


def best_cosine(cosines: Vectors) -> np.ndarray:
    return np.asarray(cosines.max(axis=1))


def margin(cosines: Vectors) -> np.ndarray:
    two = np.partition(cosines, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])


def cosines_by_way(
    queries: QueryVectors, gallery: Vectors, projection: Projection | None, some: Hits
) -> dict[str, Vectors]:
    """Cosines to the gallery, by the way of making a query."""
    views, box, box_views, everything = (
        similarities(vectors[some], gallery, projection)
        for vectors in (queries.views, queries.box, queries.box_views, queries.all)
    )
    return {
        "four views": views,
        "the box": box,
        "four views of the box": box_views,
        "four views and the box, mean": everything,
        "the better: higher cosine": more_confident(views, box, best_cosine),
        "the better: wider margin": more_confident(views, box, margin),
        "the better of four views each: wider margin": more_confident(views, box_views, margin),
    }


def more_confident(first: Vectors, second: Vectors, measure: Confidence) -> Vectors:
    """Each photo's cosines from the way that has the higher confidence."""
    return np.where((measure(first) >= measure(second))[:, np.newaxis], first, second)


def right(cosines: Vectors, products: Products, shown: Products) -> Hits:
    hits: Hits = shown[cosines.argmax(axis=1)] == products
    return hits


def measure(embedder: Embedder, photos: dict[str, Photos], boxes: dict[str, np.ndarray]) -> str:
    catalog = read_photos("catalogue")
    gallery = embedded(embedder, "catalogue", catalog, 1.0)
    queries = {part: QueryVectors(embedder, part, some, boxes[part]) for part, some in photos.items()}
    every = read_photos("shopfloor_train")
    whole = embedded(embedder, "train", every, 1.0)
    labeled = Labeled.of(whole, every.products.tolist(), gallery, catalog.products.tolist())
    decision = choose(labeled)
    setting = decision.setting or AdaptationSetting(0.4, 0.5)
    train, val = queries["train"], queries["val"]
    columns = [
        plain(train, gallery, catalog, None),
        adapted_by_others(train, gallery, catalog, (whole, every), setting),
        plain(val, gallery, catalog, None),
        plain(val, gallery, catalog, decision.projection),
    ]
    rows = [[name, *(rate_and_gain(column[name], column["four views"]) for column in columns)] for name in columns[0]]
    head = ["hit rate@1", "train", "train, adapted by other products", "val", "val, adapted"]
    return table(head, rows)


Outcome = tuple[Hits, Products]


def rate_and_gain(outcome: Outcome, base: Outcome) -> str:
    hits, products = outcome
    low, high = interval_over_products(hits.astype(float) - base[0], products)
    gain = "" if outcome is base else f" ({low:+.3f} … {high:+.3f})"
    return f"{hits.mean():.3f}{gain}"


def plain(
    queries: QueryVectors, gallery: Vectors, catalog: Photos, projection: Projection | None
) -> dict[str, Outcome]:
    every = np.ones(len(queries.products), bool)
    ways = cosines_by_way(queries, gallery, projection, every)
    return {name: (right(c, queries.products, catalog.products), queries.products) for name, c in ways.items()}


def adapted_by_others(
    queries: QueryVectors, gallery: Vectors, catalog: Photos, taught: tuple[Vectors, Photos], setting: AdaptationSetting
) -> dict[str, Outcome]:
    """Photos of products without labels, over several draws of the half that has labels."""
    whole, every = taught
    labeled = Labeled.of(whole, every.products.tolist(), gallery, catalog.products.tolist())
    basis, outcomes = principal_basis(labeled), []
    for draw in range(DRAWS):
        names = np.random.default_rng(draw).permutation(np.unique(catalog.products))
        labeled_products = names[: len(names) // 2]
        some = np.isin(every.products, labeled_products)
        half = Labeled.of(whole[some], every.products[some].tolist(), gallery, catalog.products.tolist())
        unlabeled = ~np.isin(queries.products, labeled_products)
        ways = cosines_by_way(queries, gallery, fit(half, *setting, basis=basis), unlabeled)
        products = queries.products[unlabeled]
        outcomes.append({n: (right(c, products, catalog.products), products) for n, c in ways.items()})
    return {
        name: (
            np.concatenate([draw[name][0] for draw in outcomes]),
            np.concatenate([draw[name][1] for draw in outcomes]),
        )
        for name in outcomes[0]
    }


if __name__ == "__main__":
    main()
