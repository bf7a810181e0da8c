"""Engines compared on vectors of real distribution: recall, time, filters, building, memory, disk.

    PYTHONPATH=src:benchmarks python -m engines --pictures FOLDER… [--items 100000] [--engine NAME …]

The folders hold any pictures, some thousand in all; ``vectors.py`` says how the vectors are made of them. Each engine
is built in a process of its own and searched in another, by one thread. An engine that is not installed
(``pip install -r benchmarks/engines/requirements.txt``) or that fails is named with the reason. Results are kept
beside the collection, so that engines can be measured one after the other; the table and the plot are made of all.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from report import table, write_section

from engines.measure import ENGINES
from engines.plot import draw_curves
from engines.vectors import FILTERS, make_collection

DOCS = Path(__file__).parents[2] / "docs" / "images"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
EXPLANATION = """{items:,} vectors of {dim} numbers, {queries} queries, k = 10.
*Recall* and *ms* are those of the quickest setting with a recall of at least 0.99, or of the most thorough one;
*filter* is ms and recall where that percentage of the vectors passes.
*First* is opening and the first answer. All times are processor time of one thread, which other work on the machine
disturbs least. *Own* and *mapped* memory are those of the searching process, in MB; *peak* is that of building."""


def main() -> None:
    """Measure what was asked for, then write the table and the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, nargs="+", required=True)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--engine", action="append", choices=list(ENGINES), help="only this one; may be repeated")
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "sosie-benchmarks" / "engines")
    given = parser.parse_args()
    folder = given.folder / str(given.items)
    collection = make_collection(given.pictures, given.items, folder)
    for name in given.engine or ENGINES:
        measured = measure(name, folder)
        (folder / f"{name}.json").write_text(json.dumps(measured), encoding="utf-8")
        print(name, measured, flush=True)
    results = {
        name: json.loads(file.read_text("utf-8")) for name in ENGINES if (file := folder / f"{name}.json").exists()
    }
    head = EXPLANATION.format(items=given.items, dim=collection.queries.shape[1], queries=len(collection.queries))
    command = f"PYTHONPATH=src:benchmarks python -m engines --pictures FOLDER… --items {given.items}"
    write_section(f"Engines, {given.items:,} vectors", command, f"{head}\n\n{summary(results)}")
    draw_curves(
        {name: result["curve"] for name, result in results.items() if "curve" in result},
        DOCS / f"engines-{given.items}.svg",
    )


def measure(name: str, folder: Path) -> dict[str, Any]:
    """What building and searching gave, or why it could not be done."""
    built = folder / "built"
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir()
    result: dict[str, Any] = {}
    for stage in ("build", "search"):
        command = [sys.executable, "-m", "engines.measure", name, str(folder), str(built), stage]
        ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | ONE_THREAD)
        if ran.returncode:
            return {
                "failed": ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else f"ended with {ran.returncode}"
            }
        result |= {"build": json.loads(ran.stdout)} if stage == "build" else json.loads(ran.stdout)
    shutil.rmtree(built)
    return result


def summary(results: dict[str, Any]) -> str:
    """The table, best recall and time first, and below it what could not be measured."""
    columns = ["engine", "recall@10", "ms", *(f"filter {percent:g} %" for percent in FILTERS[1:])]
    columns += ["first, ms", "building, s", "peak", "own", "mapped", "disk, MB"]
    rows = [_row(name, result) for name, result in results.items() if "curve" in result]
    failed = [f"Not measured: {name}: {result['failed']}" for name, result in results.items() if "failed" in result]
    return "\n\n".join([table(columns, rows), *failed])


def _row(name: str, result: dict[str, Any]) -> list[str]:
    curve = result["curve"]
    point = next((point for point in curve if point["recall"] >= 0.99), curve[-1])
    filters = [
        f"{asked['processor']:.1f} ({asked['recall']:.3f})" if (asked := result["filters"].get(f"{percent:g}")) else "–"
        for percent in FILTERS[1:]
    ]
    build = result["build"]
    return [
        name, f"{point['recall']:.3f}", f"{point['processor']:.2f}", *filters, f"{result['first']:.0f}",
        f"{build['processor']:.0f}", str(build["peak"]), str(result["own"]), str(result["mapped"]), str(build["disk"]),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
