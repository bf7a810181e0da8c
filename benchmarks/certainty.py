"""Do 5, 20 or 100 photos of a shop help its probabilities, and do these hold in small, large and filtered catalogs?

    PYTHONPATH=src:benchmarks python benchmarks/certainty.py

``goods.py`` makes the evidence of photos and catalogs and keeps it in the cache folder. The strength of the prior was
chosen on household photos and eshop variants; everything else is only reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from unittest import mock

import numpy as np
from certainty_adapted import World
from goods import (
    DEPTH,
    KINDS,
    NOWHERE,
    Kind,
    PhotoAnswers,
    compared,
    considered_among,
    details_mark,
    kept,
    queries,
    shelf_records,
    small_catalog_answers,
    store_of,
)
from goods_samples import answers_of, calibration_without, sample_of, samples_of
from report import table, write_section

from sosie.calibration.features import NEIGHBORS, Numbers
from sosie.calibration.fitting import UNKNOWN_SHARE, Sample, calibrate
from sosie.calibration.model import Calibration
from sosie.evaluation.reliability import expected_calibration_error
from sosie.evaluation.statistics import bootstrap
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching import evidence
from sosie.searching.evidence import Considered
from sosie.searching.judging import judge, order_of
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.types import Hit, Record

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/certainty.py"
EMBEDDER = "duo"
SIZES = (5, 20, 100, 400)
DRAWS = 4
SMALL, SMALL_DRAWS = 5, 6
SMALL_CATALOGS = {1: 12, 5: 6, 20: 3}
"""Sizes of small catalogs, and how many of each are drawn."""

SIZED = ("household, photos", "groceries, photos", "cosmetics, photos")
TRUSTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
EXCLUDED = (0.0, 0.05, 0.1, 0.2)
BY_LOOKS = "groceries, by looks"
"""Every fourth train photo, without details: the one set with enough photos for 400."""

SETS = (*(name for name in KINDS if name.endswith("photos") or name.endswith("variants, flat")), BY_LOOKS)
ELSEWHERE = {"cosmetics": "household, photos"}
"""Where a calibration by one shop's photos is tried on other goods: household photos, or cosmetics for these."""


def main() -> None:
    """Write both tables."""
    rows = [row for name in SETS for row in few_photos(name)]
    columns = ("photos of", "given", "log loss", "change", "elsewhere", "error", "absent match", "match", "right")
    few = table(columns, rows)
    print(few, flush=True)
    sizes = table(
        ("photos of", "catalog", "answers", "stated", "are right", "error", "absent match", "match", "right"),
        sizes_rows(),
    )
    print(sizes, flush=True)
    columns = ("photos of", "trust", *(f"error, {share:.0%} excluded" for share in EXCLUDED), "excluded match", "match")
    trusts = table(columns, trust_rows())
    print(trusts)
    write_section(
        "Certainty by few photos, and by size of the catalog",
        COMMAND,
        f"""\
`{EMBEDDER}` with details. *By few photos*: {DRAWS} draws of so many photos calibrate; the other photos of the set are
judged, with their product and without it. What they start from, left of each arrow, is a calibration fitted on other
families of goods (benchmarks/goods.py), as the shipped one is for goods that it never saw. *Change*: of the log loss,
with 95 % over products; *elsewhere*: the same on other goods (cosmetics, or household photos); *error*: expected
calibration error; *absent match*: share of photos of absent products that are called a match; *match*: share of
photos of present products; *right*: of these, how many. Draws of 100 need 144 photos, of 400
more than any set with details has: the last set is every fourth train photo of groceries, by looks alone.

{few}

*By size*, answers by the calibration of the other families: drawn catalogs of 1, 5 and 20 products (searched with the
photos of half of these and as many of others), the whole catalog with a `where` that leaves {SMALL} ({SMALL_DRAWS}
draws), the whole catalog, and all catalogs of goods.py together (every third photo). In the small and the filtered
ones, absent products are really absent.

{sizes}

*By trust in a filter* that leaves {SMALL} products: the calibration error if so many filters exclude the right product,
and how many photos of excluded products are called a match.

{trusts}""",
    )


@cache
def answers_of_kind(name: str) -> list[PhotoAnswers]:
    """The answers of whole and small catalogs."""
    return answers_of(name, EMBEDDER)


@cache
def sample_of_set(name: str, details: bool = True) -> Sample:
    """All answers of a kind."""
    return sample_of(name, answers_of_kind(name)[0], details)


@cache
def prior_of(family: str, details: bool = True) -> Calibration:
    """The calibration of all other families."""
    return calibration_without({name: samples_of(name, answers_of_kind(name), details) for name in KINDS}, family)


def by_looks() -> PhotoAnswers:
    """The answers of the catalog of groceries to every fourth train photo, by looks alone."""
    world = World()
    records = {record.product_id: record for record in shelf_records("groceries", EMBEDDER)}
    cosines = world.photos @ world.gallery.T
    considered = []
    for row in cosines:
        best = dict.fromkeys(world.shown[np.argsort(-row, kind="stable")].tolist())
        hits = [
            Hit(records[product].item_id, float(row[world.shown == product].max()), records[product])
            for product in list(best)[:DEPTH]
        ]
        considered.append(Considered(tuple(hits)))
    return PhotoAnswers.of(world.products.tolist(), records, considered)


def few_photos(name: str) -> list[list[str]]:
    """A row for each number of photos that the set has enough for."""
    details = name != BY_LOOKS
    answers = answers_of_kind(name)[0] if details else by_looks()
    prior = prior_of(KINDS[name].family if details else "groceries", details)
    present = [place for place, there in enumerate(answers.in_catalog) if there]
    absent = [place for place, there in enumerate(answers.in_catalog) if not there]
    rows = []
    for size in SIZES:
        if size > 0.7 * len(present):
            continue
        outcomes = []
        for draw in range(DRAWS):
            order = np.random.default_rng(draw).permutation(present).tolist()
            own = calibrate(own_sample(part_of(answers, order[:size])), "", "", prior=prior)
            held_out = own_sample(part_of(answers, order[size:] + absent))
            outcomes.append((judged(prior, held_out), judged(own, held_out), elsewhere(name, prior, own, details)))
        rows.append([name, str(size), *change_cells(outcomes)])
    return rows


def own_sample(answers: PhotoAnswers) -> Sample:
    """Answers as ``sosie calibrate`` learns from them: photos of one product are held out together."""
    sample = sample_of(next(iter(KINDS)), answers)
    return replace(sample, groups=sample.products)


def part_of(answers: PhotoAnswers, places: Sequence[int]) -> PhotoAnswers:
    """Some of the photos."""
    return PhotoAnswers(
        [answers.products[place] for place in places],
        [answers.in_catalog[place] for place in places],
        [answers.considered[place] for place in places],
        [answers.without[place] for place in places],
    )


Judged = tuple[Numbers, Sample, np.ndarray]


def judged(calibration: Calibration, sample: Sample) -> Judged:
    """The number shown of each first candidate, its truth, and whether it is called a match."""
    shown = calibration.shown(sample.evidence)
    first = sample.firsts(shown)
    return shown[first], sample.where(first), shown[first] >= (calibration.match_at or np.inf)


def elsewhere(name: str, prior: Calibration, own: Calibration, details: bool) -> float:
    """How the log loss on other goods changes."""
    family = KINDS[name].family if name in KINDS else ""
    sample = sample_of_set(ELSEWHERE.get(family, "cosmetics, photos"), details)
    before, after = judged(prior, sample), judged(own, sample)
    losses = [np.average(log_loss(side), weights=side[1].weights) for side in (before, after)]
    return float(losses[1] - losses[0])


def log_loss(judged: Judged) -> Numbers:
    """Of each answer."""
    shown, truth = np.clip(judged[0], 0.001, 0.999), judged[1].right
    return -np.where(truth, np.log(shown), np.log(1 - shown))


def change_cells(outcomes: Sequence[tuple[Judged, Judged, float]]) -> list[str]:
    """The cells of a row."""
    before, after = ([outcome[side] for outcome in outcomes] for side in (0, 1))
    weights = np.concatenate([truth.weights for _, truth, _ in before])
    losses = [np.concatenate([log_loss(draw) for draw in side]) for side in (before, after)]
    products = np.concatenate([truth.products for _, truth, _ in before]).tolist()
    scale = weights / weights.mean()
    change = bootstrap((losses[1] - losses[0]) * scale, products)
    means = [np.average(loss, weights=weights) for loss in losses]
    return [
        f"{means[0]:.3f} → {means[1]:.3f}", f"{change.mean:+.3f} ({change.low:+.3f} … {change.high:+.3f})",
        f"{np.mean([outcome[2] for outcome in outcomes]):+.3f}",
        *(" → ".join(pair) for pair in zip(cells(before), cells(after), strict=True)),
    ]  # fmt: skip


def cells(side: Sequence[Judged]) -> list[str]:
    """Error (mean over draws), absent matches, matches, and right ones (over all draws)."""
    error = np.mean([expected_calibration_error(shown, truth.right, weights=truth.weights) for shown, truth, _ in side])
    matched = np.concatenate([called for _, _, called in side])
    present = np.concatenate([truth.in_catalog for _, truth, _ in side])
    right = np.concatenate([truth.right for _, truth, _ in side])
    precise = f"{right[matched & present].mean():.3f}" if (matched & present).any() else "–"
    return [f"{error:.3f}", f"{matched[~present].mean():.3f}", f"{matched[present].mean():.2f}", precise]


def sizes_rows() -> list[list[str]]:
    """Rows for small, filtered, whole and large catalogs."""
    rows = []
    for name in SIZED:
        kind = KINDS[name]
        prior = prior_of(kind.family)
        catalogs = {
            **{f"{size} product{'s' * (size > 1)}": partial(small, kind, size) for size in SMALL_CATALOGS},
            f"where leaves {SMALL}": partial(filtered, kind),
            "whole": partial(whole, kind),
        }
        if name == "household, photos":
            catalogs["all together"] = partial(large, kind)
        for title, make in catalogs.items():
            answers = kept(f"size {title} {name} {EMBEDDER} {details_mark()}", make)
            rows.append([name, title, *size_cells(prior, answers)])
    return rows


def trust_rows() -> list[list[str]]:
    """The error behind a filter by how often it excludes the right product, and by how far it is trusted."""
    rows = []
    for name in SIZED:
        answers = kept(f"size where leaves {SMALL} {name} {EMBEDDER} {details_mark()}", partial(filtered, KINDS[name]))
        for trust in TRUSTS:
            with mock.patch.object(evidence, "FILTER_TRUST", trust):
                fresh = [(product, there, replace(considered)) for product, there, considered in answers]
                shown, present, right, matched = outcomes_of(prior_of(KINDS[name].family), fresh)
            errors = [
                expected_calibration_error(shown, right, weights=absent_weights(present, share)) for share in EXCLUDED
            ]
            rows.append([
                name, str(trust), *(f"{error:.3f}" for error in errors),
                f"{matched[~present].sum()} of {(~present).sum()}", f"{matched[present].mean():.2f}",
            ])  # fmt: skip
    return rows


Answer = tuple[str, bool, Considered]
"""The photo's product, whether it is in the catalog, and the evidence."""


def outcomes_of(prior: Calibration, rows: Sequence[Answer]) -> tuple[Numbers, np.ndarray, np.ndarray, np.ndarray]:
    """The number shown, whether the product is there, whether the answer is right, and whether it is a match."""
    answers = [judge(considered, prior) for _, _, considered in rows]
    shown = np.array([answer.probability or 0.0 for answer in answers])
    present = np.array([there for _, there, _ in rows])
    right = np.array([
        there and bool(answer.hits) and answer.hits[0].record.product_id == product
        for (product, there, _), answer in zip(rows, answers, strict=True)
    ])  # fmt: skip
    return shown, present, right, np.array([answer.verdict == "match" for answer in answers])


def absent_weights(present: np.ndarray, share: float) -> Numbers:
    """Weights by which ``share`` of the answers are to photos of absent products."""
    return np.where(present, (1 - share) / present.mean(), share / max((~present).mean(), 1e-9))


def size_cells(prior: Calibration, answers: Sequence[Answer]) -> list[str]:
    """Counts and shares by the whole way of a search."""
    shown, present, right, matched = outcomes_of(prior, answers)
    weights = absent_weights(present, UNKNOWN_SHARE)
    precise = f"{right[matched & present].mean():.3f}" if (matched & present).any() else "–"
    return [
        str(len(answers)), f"{np.average(shown, weights=weights):.2f}", f"{np.average(right, weights=weights):.2f}",
        f"{expected_calibration_error(shown, right, weights=weights):.3f}",
        f"{matched[~present].sum()} of {(~present).sum()}", f"{matched[present].mean():.2f}", precise,
    ]  # fmt: skip


def draws(kind: Kind) -> list[tuple[list[Record], list[tuple[str, Query]]]]:
    """Small catalogs, each with photos of its products and as many others."""
    records, photos = shelf_records(kind.shelf, EMBEDDER), queries(kind, EMBEDDER)
    photographed = sorted({product for product, _ in photos})
    made = []
    for draw in range(SMALL_DRAWS):
        dice = np.random.default_rng(draw)
        chosen = set(dice.permutation(photographed)[:SMALL].tolist())
        own = [photo for photo in photos if photo[0] in chosen]
        absent = [photo for photo in photos if photo[0] not in chosen]
        foreign = [absent[place] for place in dice.permutation(len(absent))[: len(own)].tolist()]
        made.append(([record for record in records if record.product_id in chosen], own + foreign))
    return made


def small(kind: Kind, size: int) -> list[Answer]:
    """Answers of catalogs that have nothing else."""
    made = [small_catalog_answers(kind, EMBEDDER, size, draw) for draw in range(SMALL_CATALOGS[size])]
    return [row for own in made for row in zip(own.products, own.in_catalog, own.considered, strict=True)]


def filtered(kind: Kind) -> list[Answer]:
    """Answers of the whole catalog of which a ``where`` leaves few products: the first ten others are rivals."""
    records, comparisons = shelf_records(kind.shelf, EMBEDDER), compared(kind)
    answers: list[Answer] = []
    for chosen, photos in draws(kind):
        held = {record.product_id for record in chosen}
        for product, query in photos:
            comparison = comparisons[query.shots[0].content]
            everything = considered_among(query, records, comparison)
            first = {everything.products[row] for row in order_of(everything)[:NEIGHBORS]}
            left = [record for record in records if record.product_id in first | held]
            considered = replace(considered_among(query, left, comparison), filtered_out=frozenset(first - held))
            answers.append((product, product in held, considered))
    return answers


def answered_by(records: Sequence[Record], photos: Sequence[tuple[str, Query]]) -> list[Answer]:
    """Answers of a catalog of these records."""
    store = store_of(records, EMBEDDER)
    searcher = Searcher(store, knowledge_of(store.manifest))
    held = {record.product_id for record in records}
    return [(product, product in held, searcher.consider([query], DEPTH)[0]) for product, query in photos]


def whole(kind: Kind) -> list[Answer]:
    """Answers of the whole catalog, with the photo's product and without."""
    answers = answers_of_kind(kind.name)[0]
    return both(answers.products, answers.considered, answers.in_catalog)


def large(kind: Kind) -> list[Answer]:
    """Answers of all catalogs together to every third photo."""
    records = [replace(record, item_id=f"{shelf} {record.item_id}") for shelf in shelves()
               for record in shelf_records(shelf, EMBEDDER)]  # fmt: skip
    photos = [*queries(kind, EMBEDDER)[::3], *queries(NOWHERE, EMBEDDER)[::3]]
    products, there, considered = zip(*answered_by(records, photos), strict=True)
    return both(products, considered, there)


def shelves() -> list[str]:
    """The catalogs of all kinds."""
    return list(dict.fromkeys(kind.shelf for kind in KINDS.values()))


def both(products: Sequence[str], considered: Sequence[Considered], there: Sequence[bool]) -> list[Answer]:
    """Answers with the product, and without it."""
    rows = list(zip(products, there, considered, strict=True))
    return [*(row for row in rows if row[1]), *((product, False, own.without(product)) for product, _, own in rows)]


if __name__ == "__main__":
    main()
