"""Do 5, 20 or 100 photos of a shop help its probabilities, and do these hold in small, large and filtered catalogs?

    PYTHONPATH=src:benchmarks python benchmarks/certainty.py

What photos and catalogs tell is made by ``goods.py`` and kept in the cache folder. The strength of the prior was chosen
on household photos and eshop variants; everything else is only reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from goods import DEPTH, KINDS, NOWHERE, Asked, Kind, asked, kept, queries, shelf_records, store_of
from goods_samples import answers_of, calibration_without, sample_of, samples_of
from report import table, write_section

from sosie.calibration import Calibration, Sample, calibrate
from sosie.calibration.features import Numbers
from sosie.calibration.fitting import UNKNOWN_SHARE
from sosie.evaluation.reliability import expected_calibration_error
from sosie.evaluation.statistics import bootstrap
from sosie.filters import Condition, Where
from sosie.knowledge.knowledge import knowledge_of
from sosie.searching.evidence import Considered
from sosie.searching.judging import judge
from sosie.searching.query import Query
from sosie.searching.searcher import Searcher
from sosie.types import Record

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/certainty.py"
EMBEDDER = "duo"
SIZES = (5, 20, 100)
DRAWS = 6
SMALL, SMALL_DRAWS = 5, 6
SETS = tuple(name for name in KINDS if name.endswith("photos") or name.endswith("variants, flat"))
ELSEWHERE = {"cosmetics": "household, photos"}
"""Where a calibration by one shop's photos is tried on other goods: household photos, or cosmetics for these."""


def main() -> None:
    """Write both tables."""
    rows = [row for name in SETS for row in few_photos(name)]
    columns = ("photos of", "given", "log loss", "change", "elsewhere", "error", "absent match", "match", "right")
    few = table(columns, rows)
    print(few, flush=True)
    sizes = table(("photos of", "catalog", "answers", "error", "absent match", "match", "right"), sizes_rows())
    print(sizes)
    write_section(
        "Certainty by few photos, and by size of the catalog",
        COMMAND,
        f"""\
`{EMBEDDER}` with details. *By few photos*: {DRAWS} draws of so many photos calibrate; the other photos of the set are
judged, with their product and without it. What they start from, left of each arrow, is a calibration fitted on other
families of goods (benchmarks/goods.py), as the shipped one is for goods that it never saw. *Change*: of the log loss,
with 95 % over products; *elsewhere*: the same on other goods (cosmetics, or household photos); *error*: expected
calibration error; *absent match*: share of photos of absent products that are called a match; *match*: share of
photos of present products; *right*: of these, how many. Draws of 100 need 144 photos.

{few}

*By size*, answers by the calibration of the other families: catalogs of {SMALL} drawn products ({SMALL_DRAWS} draws,
asked with the photos of these and as many of others), the whole catalog with a `where` that leaves these {SMALL}, the
whole catalog, and all catalogs of goods.py together. In the first two, absent products are really absent.

{sizes}""",
    )


@cache
def sample_of_set(name: str) -> Sample:
    """All answers of a kind."""
    return sample_of(name, asked(KINDS[name], EMBEDDER))


@cache
def prior_of(family: str) -> Calibration:
    """The calibration of all other families."""
    return calibration_without({name: samples_of(name, answers_of(name, EMBEDDER)) for name in KINDS}, family)


def few_photos(name: str) -> list[list[str]]:
    """A row for each number of photos that the set has enough for."""
    answers, prior = asked(KINDS[name], EMBEDDER), prior_of(KINDS[name].family)
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
            outcomes.append((judged(prior, held_out), judged(own, held_out), elsewhere(name, prior, own)))
        rows.append([name, str(size), *told(outcomes)])
    return rows


def own_sample(answers: Asked) -> Sample:
    """Answers as ``sosie calibrate`` learns from them: photos of one product are held out together."""
    sample = sample_of(next(iter(KINDS)), answers)
    return replace(sample, groups=sample.products)


def part_of(answers: Asked, places: Sequence[int]) -> Asked:
    """Some of the photos."""
    return Asked(
        [answers.products[place] for place in places],
        [answers.in_catalog[place] for place in places],
        [answers.found[place] for place in places],
        [answers.without[place] for place in places],
    )


Judged = tuple[Numbers, Sample, np.ndarray]


def judged(calibration: Calibration, sample: Sample) -> Judged:
    """The number shown of each first candidate, its truth, and whether it is called a match."""
    shown = calibration.shown(sample.evidence)
    first = sample.firsts(shown)
    return shown[first], sample.where(first), shown[first] >= (calibration.match_at or np.inf)


def elsewhere(name: str, prior: Calibration, own: Calibration) -> float:
    """How the log loss on other goods changes."""
    sample = sample_of_set(ELSEWHERE.get(KINDS[name].family, "cosmetics, photos"))
    before, after = judged(prior, sample), judged(own, sample)
    losses = [np.average(log_loss(one), weights=one[1].weights) for one in (before, after)]
    return float(losses[1] - losses[0])


def log_loss(judged: Judged) -> Numbers:
    """Of each answer."""
    shown, truth = np.clip(judged[0], 0.001, 0.999), judged[1].right
    return -np.where(truth, np.log(shown), np.log(1 - shown))


def told(outcomes: Sequence[tuple[Judged, Judged, float]]) -> list[str]:
    """The cells of a row."""
    before, after = ([outcome[side] for outcome in outcomes] for side in (0, 1))
    weights = np.concatenate([one[1].weights for one in before])
    losses = [np.concatenate([log_loss(one) for one in side]) for side in (before, after)]
    products = np.concatenate([one[1].products for one in before]).tolist()
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
    matched = np.concatenate([one[2] for one in side])
    known, right = (np.concatenate([getattr(one[1], name) for one in side]) for name in ("in_catalog", "right"))
    precise = f"{right[matched & known].mean():.3f}" if (matched & known).any() else "–"
    return [f"{error:.3f}", f"{matched[~known].mean():.3f}", f"{matched[known].mean():.2f}", precise]


def sizes_rows() -> list[list[str]]:
    """Rows for small, filtered, whole and large catalogs."""
    rows = []
    for name in ("household, photos", "groceries, photos", "cosmetics, photos"):
        kind, prior = KINDS[name], prior_of(KINDS[name].family)
        for title, make in (
            (f"{SMALL} products", small),
            (f"where leaves {SMALL}", filtered),
            ("whole", whole),
            ("all together", large),
        ):
            found = kept(f"size {title} {name} {EMBEDDER}", lambda make=make, kind=kind: make(kind))
            rows.append([name, title, *size_cells(prior, found)])
    return rows


Answer = tuple[str, bool, Considered]
"""The photo's product, whether it is in the catalog, and what the catalog knows."""


def size_cells(prior: Calibration, found: Sequence[Answer]) -> list[str]:
    """Counts and shares by the whole way of a search."""
    answers = [judge(considered, prior) for _, _, considered in found]
    shown = np.array([answer.probability or 0.0 for answer in answers])
    known = np.array([there for _, there, _ in found])
    right = np.array([
        there and bool(answer.hits) and answer.hits[0].record.product_id == product
        for (product, there, _), answer in zip(found, answers, strict=True)
    ])  # fmt: skip
    matched = np.array([answer.verdict == "match" for answer in answers])
    weights = np.where(known, (1 - UNKNOWN_SHARE) / known.mean(), UNKNOWN_SHARE / max((~known).mean(), 1e-9))
    precise = f"{right[matched & known].mean():.3f}" if (matched & known).any() else "–"
    return [
        str(len(found)), f"{expected_calibration_error(shown, right, weights=weights):.3f}",
        f"{matched[~known].sum()} of {(~known).sum()}", f"{matched[known].mean():.2f}", precise,
    ]  # fmt: skip


def draws(kind: Kind) -> list[tuple[list[Record], list[tuple[str, Query]]]]:
    """Small catalogs, each with photos of its products and as many others."""
    records, photos = shelf_records(kind.shelf, EMBEDDER), queries(kind, EMBEDDER)
    asked_for = sorted({product for product, _ in photos})
    made = []
    for draw in range(SMALL_DRAWS):
        dice = np.random.default_rng(draw)
        chosen = set(dice.permutation(asked_for)[:SMALL].tolist())
        own = [photo for photo in photos if photo[0] in chosen]
        others = [photo for photo in photos if photo[0] not in chosen]
        foreign = [others[place] for place in dice.permutation(len(others))[: len(own)].tolist()]
        made.append(([record for record in records if record.product_id in chosen], own + foreign))
    return made


def small(kind: Kind) -> list[Answer]:
    """Answers of catalogs that have nothing else."""
    return [answer for records, photos in draws(kind) for answer in answered_by(records, photos)]


def filtered(kind: Kind) -> list[Answer]:
    """Answers of the whole catalog of which a ``where`` leaves few products."""
    records = shelf_records(kind.shelf, EMBEDDER)
    store = store_of(records, EMBEDDER)
    searcher = Searcher(store, knowledge_of(store.manifest))
    searcher._calibration = prior_of(kind.family)
    found: list[Answer] = []
    for chosen, photos in draws(kind):
        held = {record.product_id for record in chosen}
        where = Where((Condition("product_id", "=", tuple(sorted(held))),))
        found += [(product, product in held, searcher.consider([query], DEPTH, where)[0]) for product, query in photos]
    return found


def answered_by(records: Sequence[Record], photos: Sequence[tuple[str, Query]]) -> list[Answer]:
    """Answers of a catalog of these records."""
    store = store_of(records, EMBEDDER)
    searcher = Searcher(store, knowledge_of(store.manifest))
    held = {record.product_id for record in records}
    return [(product, product in held, searcher.consider([query], DEPTH)[0]) for product, query in photos]


def whole(kind: Kind) -> list[Answer]:
    """Answers of the whole catalog, with the photo's product and without."""
    found = asked(kind, EMBEDDER)
    return both(found.products, found.found, found.in_catalog)


def large(kind: Kind) -> list[Answer]:
    """Answers of all catalogs together."""
    records = [replace(record, item_id=f"{shelf} {record.item_id}") for shelf in shelves()
               for record in shelf_records(shelf, EMBEDDER)]  # fmt: skip
    photos = [*queries(kind, EMBEDDER), *queries(NOWHERE, EMBEDDER)]
    found = answered_by(records, photos)
    return both([one[0] for one in found], [one[2] for one in found], [one[1] for one in found])


def shelves() -> list[str]:
    """The catalogs of all kinds."""
    return list(dict.fromkeys(kind.shelf for kind in KINDS.values()))


def both(products: Sequence[str], found: Sequence[Considered], there: Sequence[bool]) -> list[Answer]:
    """Answers with the product, and without it."""
    rows = list(zip(products, there, found, strict=True))
    return [*(row for row in rows if row[1]), *((product, False, one.without(product)) for product, _, one in rows)]


if __name__ == "__main__":
    main()
