"""Is the exact product found among thousands, and is an absent product not called a match?

    PYTHONPATH=src:benchmarks python benchmarks/exact.py

With ``--old CHECKOUT`` a checkout of an earlier version is measured beside this one, up to ``OLD_UP_TO`` items; the
packages that only it needs go on the PYTHONPATH. Drawn photos and stores are kept in the cache folder.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np
from curve import curve
from exact_pictures import CATALOGS, Photo, catalog, distractors, drawn, hard, taken
from exact_stores import environment, filled, indexed
from report import table, write_section

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/exact.py"
HERE = Path(__file__).resolve().parents[1]
CURVE = HERE / "docs/images/exact-by-size.svg"
SMALL, OLD_UP_TO = 100, 1_000
SIZES = (SMALL, 1_000, 10_000, 100_000)

SETS: dict[str, tuple[str, Callable[[], Iterable[Photo]]]] = {
    "eshop, planar": ("eshop", partial(drawn, "eshop", 202)),
    "eshop, curved": ("eshop", partial(drawn, "eshop", 203, bent=True)),
    "packages, planar": ("groceries", partial(drawn, "groceries", 204, 3)),
    "packages, curved": ("groceries", partial(drawn, "groceries", 205, 3, bent=True)),
    "eshop, small": ("eshop", partial(hard, "eshop", "flat, small", 206)),
    "packages, on bottles": ("groceries", partial(hard, "groceries", "bottles", 207)),
    "packages, dark": ("groceries", partial(hard, "groceries", "flat, dark and moved", 208)),
    "jsk, crops": ("jsk", partial(taken, "jsk", "crop")),
    "jsk, whole scenes": ("jsk", partial(taken, "jsk", "scene")),
    "beauty, other views": ("beauty", partial(taken, "beauty", "")),
}

EXPLANATION = f"""Catalog pictures of groceries, jsk, eshop and beauty (353 products) among distractors: clothes and
shelves of fruit (2,688 pictures), their mirror images and windows of them up to 10,000 items, and mixtures of two of
these in vectors, packed details and visual words up to 100,000. With {SMALL} items, the catalog alone that the photos
belong to (73 to 101). Each version has its own default network, four views, and the calibration that ships with it.
*@1*: hit rate of the whole answer. *among 30*: the product is among the first 30 that details alone find. *right*: of
the answers called a match, how many are. *matched*: of all photos, how many got a match that is right. *absent
matched*: the photo's product is taken out of the answer; how often the rest is called a match. *curved*: around a can.
*Small*, *on bottles* and *dark* photos are those of `benchmarks/hard_photos.py`, before shelves of fruit. *s*: median
processor time of a search. Nothing was chosen on these photos, except that they
were seen while the last features of the calibrations were chosen on others."""

Outcomes = list[dict[str, float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=[*SETS], metavar="SET")
    parser.add_argument("--old", type=Path)
    given = parser.parse_args()
    ways = {"now": HERE} if given.old is None else {"now": HERE, "before": given.old}
    rows, lines = [], {name: {way: [] for way in ways} for name in given.sets}
    for size in given.sizes:
        for way, checkout in ways.items():
            for name in given.sets if way == "now" or size <= OLD_UP_TO else ():
                outcomes = search_all(checkout, store_of(checkout, way, size, SETS[name][0]), SETS[name][1]())
                rows.append([name, f"{size:,}", way, *shares(outcomes)])
                lines[name][way].append((size, np.mean([outcome["first"] for outcome in outcomes])))
                print(rows[-1], flush=True)
    columns = ("photos", "items", "version", "number", "among 30", "@1", "right", "matched", "absent matched", "s")
    body = table(columns, sorted(rows, key=lambda row: given.sets.index(row[0])))
    write_section("Exact products among thousands", command_line(), f"{EXPLANATION}\n\n{body}")
    draw(lines)


def command_line() -> str:
    return f"{COMMAND} {shlex.join(sys.argv[1:])}".strip()


def draw(lines: Mapping[str, Mapping[str, list[tuple[float, float]]]]) -> None:
    least = min(y for of_set in lines.values() for line in of_set.values() for _, y in line)
    CURVE.write_text(curve(lines, "items in the catalog", "right at first place", np.floor(10 * least) / 10))


def store_of(checkout: Path, way: str, size: int, catalog_name: str) -> Path:
    """The store of a version with so many items; with ``SMALL``, of one catalog alone."""
    if size == SMALL:
        return indexed(checkout, f"{catalog_name}-{way}", catalog(catalog_name))
    everything = chain(*map(catalog, CATALOGS), distractors())
    if size <= OLD_UP_TO:
        return indexed(checkout, f"{size}-{way}", islice(everything, size))
    return filled(size, indexed(checkout, "real", everything))


def search_all(checkout: Path, store: Path, photos: Iterable[Photo]) -> Outcomes:
    """The outcome of each photo in a store, by the code of a checkout."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listing:
        json.dump([[photo.product, str(photo.path)] for photo in photos], listing)
        listing.flush()
        command = [sys.executable, str(HERE / "benchmarks/exact_searching.py"), str(store), listing.name]
        done = subprocess.run(command, env=environment(checkout), check=True, stdout=subprocess.PIPE)
    outcomes: Outcomes = json.loads(done.stdout)
    return outcomes


def shares(outcomes: Sequence[Mapping[str, float]]) -> list[str]:
    candidate, first, match, absent, seconds = (
        np.array([outcome[name] for outcome in outcomes])
        for name in ("candidate", "first", "match", "absent_match", "seconds")
    )
    right = first & match
    return [
        str(len(outcomes)), f"{candidate.mean():.3f}", f"{first.mean():.3f}", f"{right.sum()} of {match.sum()}",
        f"{right.mean():.3f}", f"{absent.mean():.3f}", f"{np.median(seconds):.3f}",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
