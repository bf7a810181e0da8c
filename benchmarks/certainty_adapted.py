"""Are probabilities honest after ``adapt`` on other photos of the shop, and do labels for few products harm the others?

    PYTHONPATH=src:benchmarks python benchmarks/certainty_adapted.py

Every fourth train photo of groceries is used to learn, the other photos of ``goods.py`` (every second of val) to judge.
Details are those of every sixteenth train photo. Nothing was chosen by these tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from goods import (
    KINDS,
    Compared,
    as_png,
    compared,
    joined,
    kept,
    parts_of,
    photo_views,
    pictures,
    queries,
    restricted,
    shelf_records,
)
from report import table, write_section

from sosie.adaptation.acceptance import largest_share
from sosie.adaptation.choosing import choose
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection, unit
from sosie.adaptation.trials import SHARES as STRENGTHS
from sosie.adaptation.whitening import SHRINKAGE, fit, principal_basis
from sosie.calibration.fitting import UNKNOWN_SHARE, calibrate
from sosie.evaluation.reliability import auroc, expected_calibration_error
from sosie.evaluation.statistics import bootstrap
from sosie.knowledge.generations import OWN
from sosie.learning.holding_out import considered_by, sample_of_compared
from sosie.searching.evidence import Considered, Verified
from sosie.searching.judging import judge

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/certainty_adapted.py"
TRAIN, JUDGED = KINDS["groceries, photos"], KINDS["groceries, other photos"]
EMBEDDER = "duo"
STEP = 4
DRAWS, LABEL_DRAWS = 6, 8
SHARES = (0.05, 0.1, 0.25, 0.5)
LIMIT_KINDS = ("groceries, photos", "household, photos", "eshop, flat", "cosmetics, photos")
LIMIT_SHARES = (0.1, 0.25, 0.5)
FEWEST = 8


def main() -> None:
    """Write both tables."""
    world = World()
    halves = [result for draw in range(DRAWS) if (result := half(world, draw))]
    honest = table(
        ("draw", "stated error", "bound", "error on other photos", "absent match", "match", "right", "in the catalog"),
        [*([str(draw), *result.cells()] for draw, result in enumerate(halves)), ["all", *pooled(halves)]],
    )
    print(honest, flush=True)
    few = table(
        ("labels for", "applied", "labeled products", "other products, where applied", "all"),
        [labels(world, share) for share in SHARES],
    )
    print(few, flush=True)
    limit = table(
        (
            "photos of",
            "labels for",
            "shares",
            "others, strongest",
            "others, at the limit",
            "labeled, strongest",
            "at the limit",
        ),
        [row for name in LIMIT_KINDS for row in limits(world, name)],
    )
    print(limit)
    write_section(
        "Certainty of an adapted catalog",
        COMMAND,
        f"""\
`{EMBEDDER}` with details, groceries. *Half of the products gone*: from catalog and labels, {DRAWS} draws. Every
{STEP}th train photo of the others is used to adapt and calibrate, as `sosie adapt` does; every second photo of val is
searched, of present and absent products. *Bound*: what the stated error stays below in 95 % of such samples, as `sosie
adapt` prints it; *absent match*: photos of absent products that are called a match; *in the catalog*: AUROC of the
number shown. The folds were chosen on draws 0 and 2, the precision that stands in for fewer absent matches on all six.

{honest}

*Labels for few products*: hit rate@1 by looks on val before and after `adapt`, {LABEL_DRAWS} draws of the products that
have labels; where it is refused nothing changes. Intervals are 95 % over draws.

{few}

*The limit for few labels* (`acceptance.largest_share`): change of hit rate@1 by looks, without asking whether `adapt`
would accept, with the strongest setting and with the strongest one within the limit; {LABEL_DRAWS} draws, in brackets
the worst. *Others*: photos of products without labels, of groceries those of train. *Labeled*: photos of val of
products with labels. The limit was chosen on groceries, the other rows are only reported.

{limit}""",
    )


class World:
    """Groceries: the catalog, photos to learn from, and photos to judge by."""

    def __init__(self) -> None:
        photos = kept("photos many", lambda: [
            (product, as_png(picture)) for product, picture in pictures("grocery_store/shopfloor_train.csv", STEP)
        ])  # fmt: skip
        views = joined([photo_views("many", photos, part) for part in parts_of(EMBEDDER)])
        self.photos, self.products = unit(views.mean(axis=1)), np.array([product for product, _ in photos])
        records = shelf_records(TRAIN.shelf, EMBEDDER)
        self.gallery = np.stack([record.vectors[OWN] for record in records])
        self.shown = np.array([record.product_id for record in records])
        judging = queries(JUDGED, EMBEDDER)
        self.queries = np.stack([query.vector for _, query in judging])
        self.wanted = np.array([product for product, _ in judging])
        details = compared(JUDGED)
        self.details = [details[query.shots[0].content] for _, query in judging]
        taught = compared(TRAIN)
        every = 16 // STEP
        self.taught = [
            taught[f"{TRAIN.name} {row // every}"] if row % every == 0 else None for row in range(len(photos))
        ]


class Half:
    """What became of one draw: stated figures, and those on other photos."""

    def __init__(self, stated: tuple[float, float], answers: Sequence[tuple[float, bool, bool, bool]]) -> None:
        self.stated = stated
        shown, right, matched, there = (np.array(values) for values in zip(*answers, strict=True))
        self.shown, self.right, self.matched, self.there = shown, right, matched, there

    @property
    def error(self) -> float:
        """On other photos, with the assumed share of absent products."""
        weights = np.where(self.there, (1 - UNKNOWN_SHARE) / self.there.mean(), UNKNOWN_SHARE / (~self.there).mean())
        return expected_calibration_error(self.shown, self.right, weights=weights)

    def cells(self) -> list[str]:
        """The cells of a row."""
        matched = self.matched & self.there
        precise = f"{self.right[matched].mean():.3f}" if matched.any() else "–"
        return [
            f"{self.stated[0]:.3f}", f"{self.stated[1]:.3f}", f"{self.error:.3f}",
            f"{self.matched[~self.there].sum()} of {(~self.there).sum()}", f"{self.matched[self.there].mean():.2f}",
            precise, f"{auroc(self.shown, self.there):.3f}",
        ]  # fmt: skip


def pooled(halves: Sequence[Half]) -> list[str]:
    """The cells of all draws together."""
    matched, there, right = (np.concatenate([getattr(result, name) for result in halves])
                             for name in ("matched", "there", "right"))  # fmt: skip
    means = [np.mean([result.stated[place] for result in halves]) for place in (0, 1)]
    error = np.mean([result.error for result in halves])
    presence = np.mean([auroc(result.shown, result.there) for result in halves])
    both = matched & there
    return [
        *(f"{mean:.3f}" for mean in means), f"{error:.3f}",
        f"{matched[~there].sum()} of {(~there).sum()} ({matched[~there].mean():.3f})", f"{matched[there].mean():.2f}",
        f"{right[both].mean():.3f}" if both.any() else "–", f"{presence:.3f}",
    ]  # fmt: skip


def half(world: World, draw: int) -> Half | None:
    """Adapt and calibrate without half of the products; None where the adaptation is refused."""
    names = np.unique(world.shown)
    held = np.random.default_rng(draw).permutation(names)[: len(names) // 2].tolist()
    taught, shelf = np.isin(world.products, held), np.isin(world.shown, held)
    gallery, shown = world.gallery[shelf], world.shown[shelf]
    labeled = Labeled.of(world.photos[taught], world.products[taught].tolist(), gallery, shown.tolist())
    decision = choose(labeled)
    if decision.projection is None or decision.setting is None:
        print(draw, decision.reason)
        return None
    details = [agreement_among(world.taught[row], held) for row in np.flatnonzero(taught).tolist()]
    calibration = calibrate(sample_of_compared(labeled, decision.setting, details), "", "")
    answers = [
        judge(considered, calibration)
        for considered in answers_of_val(world, decision.projection, gallery, shown, held)
    ]
    quality = calibration.quality
    return Half(
        (quality.error or np.nan, quality.error_bound or np.nan),
        [
            (answer.probability or 0.0, answer.hits[0].record.product_id == product, answer.verdict == "match",
             product in held)
            for answer, product in zip(answers, world.wanted.tolist(), strict=True)
        ],
    )  # fmt: skip


def answers_of_val(
    world: World, projection: Projection, gallery: np.ndarray, shown: np.ndarray, held: Sequence[str]
) -> list[Considered]:
    """The evidence of the adapted catalog for the judging photos."""
    judged = Labeled(world.queries, world.wanted, gallery, shown)
    details = [agreement_among(own, held) for own in world.details]
    return list(considered_by(judged, projection, range(len(world.wanted)), details))


def agreement_among(compared: Compared | None, held: Sequence[str]) -> dict[str, Verified] | None:
    """The agreement of the products that are held, as if no other product had been compared."""
    return None if compared is None else restricted(compared.verified, held)


def labels(world: World, share: float) -> list[str]:
    """What labels for a share of the products do."""
    rows: list[tuple[bool, float, float, float]] = []
    names = np.unique(world.shown)
    before = world.shown[(world.queries @ world.gallery.T).argmax(axis=1)] == world.wanted
    for draw in range(LABEL_DRAWS):
        chosen = np.random.default_rng(draw).permutation(names)[: max(1, round(len(names) * share))]
        taught, labeled = np.isin(world.products, chosen), np.isin(world.wanted, chosen)
        decision = choose(
            Labeled.of(world.photos[taught], world.products[taught].tolist(), world.gallery, world.shown.tolist())
        )
        after = before
        if decision.projection is not None:
            projected, gallery = decision.projection.query(world.queries), decision.projection.gallery(world.gallery)
            after = world.shown[(projected @ gallery.T).argmax(axis=1)] == world.wanted
        gains = after.astype(float) - before
        rows.append((decision.projection is not None, gains[labeled].mean(), gains[~labeled].mean(), gains.mean()))
    applied = [row for row in rows if row[0]]
    return [
        f"{share:.0%}",
        f"{len(applied)} of {len(rows)}",
        *(_interval(rows, 1), _interval(applied, 2), _interval(rows, 3)),
    ]


def limits(world: World, name: str) -> list[list[str]]:
    """What settings that are not judged do to products with and without labels."""
    gallery, shown, photos, products = world.gallery, world.shown, world.photos, world.products
    if KINDS[name] is not TRAIN:
        records, photographed = shelf_records(KINDS[name].shelf, EMBEDDER), queries(KINDS[name], EMBEDDER)
        gallery = np.stack([record.vectors[OWN] for record in records])
        shown = np.array([record.product_id for record in records])
        photos = np.stack([query.vector for _, query in photographed])
        products = np.array([product for product, _ in photographed])
    return [
        _limit_row(name, Labeled(photos, products, gallery, shown), share, world if KINDS[name] is TRAIN else None)
        for share in LIMIT_SHARES
    ]


def _limit_row(name: str, every: Labeled, share: float, world: World | None) -> list[str]:
    names, gains = np.unique(every.products), []
    for draw in range(LABEL_DRAWS):
        chosen = np.random.default_rng(100 + draw).permutation(names)[: max(FEWEST, round(len(names) * share))]
        taught = every.where(np.isin(every.products, chosen))
        limit = largest_share(len(chosen), taught.covered)
        strengths = (max(STRENGTHS), max(strength for strength in STRENGTHS if strength <= max(limit, min(STRENGTHS))))
        basis = principal_basis(taught)
        projections = [fit(taught, SHRINKAGE, strength, basis) for strength in strengths]
        unlabeled = every.where(~np.isin(every.products, chosen))
        judged = [unlabeled] if world is None else [unlabeled, _of_val(world, chosen)]
        gains.append([gain(projection, photos) for photos in judged for projection in projections])
    means, worst = np.mean(gains, axis=0), np.min(gains, axis=0)
    cells = [f"{mean:+.3f} ({least:+.3f})" for mean, least in zip(means, worst, strict=True)]
    count = f"{len(chosen)} of {len(np.unique(every.gallery_products))}"
    return [name, count, f"{strengths[0]}, {strengths[1]}", *cells, *["–"] * (4 - len(cells))]


def _of_val(world: World, chosen: np.ndarray) -> Labeled:
    kept = np.isin(world.wanted, chosen)
    return Labeled(world.queries[kept], world.wanted[kept], world.gallery, world.shown)


def gain(projection: Projection, judged: Labeled) -> float:
    """The change of the hit rate@1 by a projection."""
    before = judged.gallery_products[(judged.photos @ judged.gallery.T).argmax(axis=1)] == judged.products
    projected = projection.query(judged.photos) @ projection.gallery(judged.gallery).T
    after = judged.gallery_products[projected.argmax(axis=1)] == judged.products
    return float(after.mean() - before.mean())


def _interval(rows: Sequence[tuple[bool, float, float, float]], column: int) -> str:
    if not rows:
        return "–"
    mean = bootstrap(np.array([row[column] for row in rows]))
    return f"{mean.mean:+.3f} ({mean.low:+.3f} … {mean.high:+.3f})"


if __name__ == "__main__":
    main()
