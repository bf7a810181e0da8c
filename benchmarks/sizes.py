"""How time, memory and disk of the local store grow with the number of items, and with which exponent.

    PYTHONPATH=src:benchmarks python benchmarks/sizes.py --pictures FOLDER… [--store FOLDER]

Stores of 1,000 to 100,000 items are made as ``scale.py`` makes them; ``--store`` adds one that it keeps. An exponent of
1 means ten times as much for ten times the items, 0 means the same.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scale
from chart import Axis, chart, powers_of_ten
from engines.vectors import embedded
from report import IMAGES, table, write_section

SIZES = (1_000, 10_000, 100_000)
FIGURES = {
    "filling, s": "filling, s",
    "building the segments, s": "building, s",
    "search, filter none: ms": "search, ms",
    "search, filter 1 %: ms": "search, filter 1 %, ms",
    "`catalog.db`, MB": "`catalog.db`, MB",
    "`ann/`, MB": "`ann/`, MB",
    "own memory, MB": "own memory of a search, MB",
    "mapped memory, MB": "mapped memory of a search, MB",
}
"""What is shown of the figures of ``scale.py``, and under which name."""

CHARTS = {
    "growth-time.svg": ("s", ("filling, s", "building, s")),
    "growth-search.svg": ("ms", ("search, ms", "search, filter 1 %, ms")),
    "growth-memory.svg": (
        "MB", ("`catalog.db`, MB", "`ann/`, MB", "own memory of a search, MB", "mapped memory of a search, MB")
    ),
}  # fmt: skip

FITTED_FROM = 10_000
"""Smaller stores have no segment yet, and what every process costs hides the growth."""

EXPLANATION = f"""Mixtures of pictures, 1,280 numbers, k = 10; processor time of one thread. The exponent is fitted by
least squares to the logarithms, from {FITTED_FROM:,} items on: below, a store has no segment, and what every process
costs hides the growth."""

Measured = dict[str, float]


def main() -> None:
    """Measure each size, fit, write the table and the charts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, nargs="+", required=True)
    parser.add_argument("--store", type=Path, help="a folder of scale.py")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    given = parser.parse_args()
    os.environ |= scale.ONE_THREAD
    real = embedded(given.pictures)
    measured: dict[int, Measured] = {}
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as scratch:
            measured[size] = figures(scale.measured(Path(scratch), lambda: real, size))
        print(size, measured[size], flush=True)
    if given.store:
        items = len(np.load(given.store / "numbers.npy", mmap_mode="r"))
        measured[items] = figures(scale.measured(given.store, lambda: real, items))
    rows = [
        [name, *(f"{row[name]:,.4g}" for row in measured.values()), f"{exponent(measured, name):.2f}"]
        for name in FIGURES.values()
    ]
    command = "PYTHONPATH=src:benchmarks python benchmarks/sizes.py --pictures FOLDER…"
    command += " --store FOLDER" * bool(given.store)
    head = ["", *(f"{size:,}" for size in measured), "exponent"]
    write_section("Growth by size", command, f"{EXPLANATION}\n\n{table(head, rows)}")
    for name, (unit, lines) in CHARTS.items():
        (IMAGES / name).write_text(drawn(measured, unit, lines), encoding="utf-8")


def figures(rows: list[list[str]]) -> Measured:
    """Those of the figures of ``scale.py`` that are shown."""
    named = dict(rows)
    named["own memory, MB"], named["mapped memory, MB"] = named["own memory, mapped memory, MB"].split(", ")
    return {shown: float(named[name].replace(",", "")) for name, shown in FIGURES.items()}


def exponent(measured: dict[int, Measured], name: str) -> float:
    """The slope of the logarithms."""
    points = [(size, row[name]) for size, row in measured.items() if size >= FITTED_FROM]
    sizes, values = np.log(np.array(points)).T
    return float(np.polyfit(sizes, values, 1)[0])


def drawn(measured: dict[int, Measured], unit: str, names: Sequence[str]) -> str:
    """One line a figure, both axes logarithmic."""
    lines = {
        name.removesuffix(f", {unit}").strip("`"): [
            (float(size), row[name]) for size, row in measured.items() if row[name]
        ]
        for name in names
    }
    across = Axis("items", powers_of_ten(list(map(float, measured))), logarithmic=True, form=",.0f")
    marks = powers_of_ten([value for line in lines.values() for _, value in line])
    return chart(lines, across, Axis(unit, marks, logarithmic=True))


if __name__ == "__main__":
    main()
