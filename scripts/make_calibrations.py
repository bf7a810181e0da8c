"""Write the provisional calibrations that ship with the bundled embedders.

    PYTHONPATH=src:benchmarks python scripts/make_calibrations.py [NAME ...]

They are fitted on photos of several kinds of goods: groceries in shops, household goods, and flat prints as a phone
sees them, each against the catalog that has them, and once more against the same catalog without the product; photos of
clothes, which none of the catalogs has, are absent queries. All pictures are MIT, BSD or CC0. So they are marked
provisional: they say how likely a match is, and on looks alone never call a match certain. Each embedder has two: for
looks alone, and for looks with details. How they do on kinds of goods that did not fit them goes to RESULTS.md.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from grocery import FOLDER
from PIL import Image
from planar_photos import photographs
from report import table, write_section

from sosie.calibration import Calibration, Logistic, Sample, calibrate
from sosie.calibration.fitting import UNKNOWN_SHARE
from sosie.calibration.shipped import SHIPPED
from sosie.catalog import Catalog
from sosie.catalog.asking import query_maker_of
from sosie.embedders.bundled import NETWORKS
from sosie.embedders.registry import DEFAULT, load
from sosie.evaluation.reliability import expected_calibration_error
from sosie.images.query import QueryImage
from sosie.knowledge.generations import OWN
from sosie.learning.answering import sample_of_answers
from sosie.searching.evidence import Considered
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.support.timing import Stopwatch

NAMES = (*NETWORKS, "mobilenet_v2+efficientnet_lite0", "trio")
DATA = FOLDER.parent
DIGITS = 6
DEPTH = 20
GROCERY_STEP, CLOTHES_STEP, GROUNDS_STEP = 8, 60, 40
FEWER = 3
"""The other embedders are asked with every third of these photos: most of the time goes into their details."""

SURE = 0.9


@dataclass(frozen=True)
class Kind:
    """A kind of goods: its catalog, and photos with the product that each shows, "" for none of the catalog."""

    name: str
    catalog: Path
    photos: Sequence[tuple[str, QueryImage]]


@dataclass(frozen=True)
class Asked:
    """The answers to the photos of one kind, and those without the product that the photo shows."""

    products: list[str]
    found: list[Considered]
    without: list[Considered]


def main() -> None:
    """Fit two calibrations for each bundled embedder, write them, and tell how they do on other kinds."""
    names = sys.argv[1:] or NAMES
    kinds = [groceries(), household(), prints()]
    judged = [beauty()]
    shipped = {} if names == NAMES else {(c["fingerprint"], len(c["model"]["features"])): c for c in stored()}
    rows = []
    for name in names:
        step = 1 if name == DEFAULT else FEWER
        asked = {kind.name: ask(name, kind, step) for kind in (*kinds, *judged)}
        fingerprint = load(name).spec.fingerprint
        fitted = [kind.name for kind in kinds]
        for details in (False, True):
            samples = {kind: sample_of_kind(one, details) for kind, one in asked.items()}
            calibration = calibrate(joined(samples, fitted), fingerprint, OWN, provisional=True)
            shipped[fingerprint, len(calibration.model.features)] = rounded(calibration).to_dict()
            rows.append([name, "yes" if details else "no", *left_out(samples, fitted, [kind.name for kind in judged])])
            print(*rows[-1], calibration.match_at, calibration.no_match_below, calibration.quality, flush=True)
            SHIPPED.write_text(json.dumps(list(shipped.values()), indent=1) + "\n", encoding="utf-8")
    columns = ("embedder", "details", *(kind.name for kind in (*kinds, *judged)), "all left out", "sure", "absent sure")
    write_section(
        "Certainty on other goods",
        "PYTHONPATH=src:benchmarks python scripts/make_calibrations.py",
        f"""\
Expected calibration error (5 bins of equal mass) of photos of each kind of goods, by a calibration that was fitted on
the other kinds: groceries in shops (every {GROCERY_STEP}th train photo), household goods (jsk), prints (planar photos
of the eshop's pictures), cosmetics (only judged). Half of the answers are to the same photos with the product taken out
of the catalog, and {1800 // CLOTHES_STEP} photos of clothes, which no catalog has, are asked in each; other embedders
than `{DEFAULT}` with every {FEWER}rd of these photos. The features were chosen by the columns household and prints,
which flatters these and the pooled figure; groceries and cosmetics took no part in that choice. *Sure*: share of
answers from {SURE} on that are right; *absent sure*: share of photos of absent products that get {SURE} or more.

{table(columns, rows)}""",
    )


def stored() -> list[dict[str, object]]:
    """The calibrations that ship now."""
    found: list[dict[str, object]] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


def groceries() -> Kind:
    """Phone photos of groceries in shops."""
    rows = read(FOLDER / "shopfloor_train.csv")[::GROCERY_STEP]
    return Kind("groceries", FOLDER / "catalogue.csv", pictured(rows, FOLDER))


def household() -> Kind:
    """Household goods: crops, whole scenes, and phone photos."""
    folder = DATA / "jsk_objects"
    return Kind("household", folder / "catalog.csv", pictured(read(folder / "photos.csv"), folder))


def beauty() -> Kind:
    """Other views of cosmetics."""
    folder = DATA / "abantecart_beauty"
    return Kind("cosmetics", folder / "catalog.csv", pictured(read(folder / "photos.csv"), folder))


def prints() -> Kind:
    """The eshop's pictures as flat prints that a phone sees before shop floors."""
    folder = DATA / "eshop_catalog"
    rows = read(folder / "catalog.csv")
    shelves = [row for row in read(FOLDER / "shopfloor_train.csv") if row["category"] != "Packages"][::GROUNDS_STEP]
    grounds = [Image.open(FOLDER / row["image"]).convert("RGB") for row in shelves]
    pictures = [Image.open(folder / row["image"]).convert("RGB") for row in rows]
    seen = photographs(pictures, grounds, 1, seed=5)
    return Kind("prints", folder / "catalog.csv", [(rows[place]["item_id"], photo.picture) for place, photo in seen])


def clothes() -> list[tuple[str, QueryImage]]:
    """Photos of clothes, which none of the catalogs has."""
    folder = DATA / "clothing"
    return [("", str(folder / row["image"])) for row in read(folder / "catalog.csv")[::CLOTHES_STEP]]


def read(file: Path) -> list[dict[str, str]]:
    """The rows of a table."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def pictured(rows: Sequence[dict[str, str]], folder: Path) -> list[tuple[str, QueryImage]]:
    """Each row's product and picture."""
    return [(row["product_id"], str(folder / row["image"])) for row in rows]


def ask(name: str, kind: Kind, step: int) -> Asked:
    """The answers of a catalog that keeps details to the photos of its kind, and to photos of clothes."""
    with tempfile.TemporaryDirectory() as folder, Catalog(f"{folder}/shop.sosie", embedder=name) as catalog:
        catalog.index(kind.catalog)
        photos = [*kind.photos, *clothes()][::step]
        found = list(considered(catalog, [image for _, image in photos]))
    products = [product for product, _ in photos]
    return Asked(products, found, [one.without(product) for product, one in zip(products, found, strict=True)])


def considered(catalog: Catalog, images: Sequence[QueryImage]) -> Iterator[Considered]:
    """What the catalog knows of each photo's candidates."""
    resources, knowledge = catalog._resources, catalog._resources.knowledge
    questioner = query_maker_of(resources, knowledge, resources.embedder_of(knowledge.manifest))
    searcher = Searcher(resources.store, knowledge)
    for image in images:
        [query] = questioner.queries([[image]], None, Stopwatch())
        if not isinstance(query, Query):
            raise query
        yield from searcher.consider([query], DEPTH)


def sample_of_kind(asked: Asked, details: bool) -> Sample:
    """The answers as a calibration learns from them."""
    found, without = (
        [one if details else replace(one, verified=()) for one in answers] for answers in (asked.found, asked.without)
    )
    there = [place for place, product in enumerate(asked.products) if product]
    weight = UNKNOWN_SHARE / (1 - UNKNOWN_SHARE) * len(there) / len(without)
    names = [asked.products[place] for place in there]
    return Sample.joined(
        sample_of_answers(names, [found[place] for place in there], True, 1.0),
        sample_of_answers([product or "clothes" for product in asked.products], without, False, weight),
    )


def joined(samples: dict[str, Sample], kinds: Sequence[str]) -> Sample:
    """The samples of several kinds as one, each kind of the same weight."""
    parts = [samples[kind] for kind in kinds]
    return Sample.joined(*(replace(part, weights=part.weights / part.weights.sum()) for part in parts))


def left_out(samples: dict[str, Sample], fitted: Sequence[str], judged: Sequence[str]) -> list[str]:
    """The calibration error of each kind by the others, of all of them together, and how sure answers fare."""
    errors, shown, truths = [], [], []
    for kind in (*fitted, *judged):
        model = calibrate(joined(samples, [other for other in fitted if other != kind]), "", "").model
        sample = samples[kind]
        probability = model.probability(sample.evidence)
        first = sample.firsts(probability)
        errors.append(
            expected_calibration_error(probability[first], sample.right[first], weights=sample.weights[first])
        )
        shown.append(probability[first])
        truths.append(sample.where(first))
    every, truth = np.concatenate(shown), Sample.joined(*truths)
    pooled = expected_calibration_error(every, truth.right, weights=truth.weights)
    sure = every >= SURE
    return [
        *(f"{error:.3f}" for error in errors), f"{pooled:.3f} ({len(every)})", f"{truth.right[sure].mean():.3f}",
        f"{(sure & ~truth.in_catalog).sum() / (~truth.in_catalog).sum():.3f}",
    ]  # fmt: skip


def rounded(calibration: Calibration) -> Calibration:
    """The same with numbers short enough to be read."""
    return replace(calibration, model=shortened(calibration.model))


def shortened(model: Logistic) -> Logistic:
    """A model with numbers short enough to be read."""
    short = {name: tuple(round(v, DIGITS) for v in getattr(model, name)) for name in ("centre", "scale", "weights")}
    return replace(model, **short, bias=round(model.bias, DIGITS))


if __name__ == "__main__":
    main()
