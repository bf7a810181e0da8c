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
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from chart import Axis, chart, powers_of_ten
from report import IMAGES, table, write_section

from engines.base import SMALL
from engines.libraries import CONSTRUCTION, FEWER
from engines.measure import ENGINES, ENOUGH
from engines.services import SosieLocal
from engines.vectors import FILTERS, Collection, adopt_collection, make_collection

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
PACKAGES = ("faiss-cpu", "hnswlib", "nmslib", "annoy", "usearch", "lancedb", "qdrant-edge-py", "zvec")
EXPLANATION = """{items:,} vectors of {dim} numbers, {queries} queries, k = 10; graphs have
{candidates} candidates while they are built.
*Recall* and *ms* are those of the quickest setting with a recall of at least 0.99, or of the most thorough one;
*filter* is ms and recall where that percentage of the vectors passes.
*First* is opening and the first answer. All times are processor time of one thread, which other work on the machine
disturbs least. *Own* and *mapped* memory are those of the searching process, in MB; *peak* is that of building.
For Elasticsearch, time and memory are those of the client and the server together, disk is that of the node."""
ELASTIKNN = """Elastiknn could not be measured: its plugin must be of exactly the server's version and is published on
GitHub only, which the measuring machine cannot reach; Maven Central does not have it. Its Python client on PyPI has
releases for servers up to 8.15.3 (2024) and one for 9.5.5 (October 2026), none for 9.2.4, which was measured here.
Since version 8.0, Elasticsearch finds nearest neighbors of dense vectors by itself."""


def main() -> None:
    """Measure the requested engines, then write the table and the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, nargs="+", required=True)
    parser.add_argument("--items", type=int, default=SMALL)
    parser.add_argument("--engine", action="append", choices=list(ENGINES), help="only this one; may be repeated")
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "sosie-benchmarks" / "engines")
    parser.add_argument("--store", type=Path, help="take the vectors and Sosie's store from a folder of scale.py")
    parser.add_argument("--stage", choices=("build", "search"), help="only build and keep, or only search what is kept")
    given = parser.parse_args()
    folder = given.folder / str(given.items)
    collection = adopt_collection(given.store, given.pictures, folder) if given.store else None
    collection = collection or make_collection(given.pictures, given.items, folder)
    for name in given.engine or [name for name, engine in ENGINES.items() if engine.large or given.items <= SMALL]:
        taken = given.store if given.store and name == SosieLocal.name else None
        print(name, measure(name, folder, given.stage, taken), flush=True)
    write_results(folder, collection)


def write_results(folder: Path, collection: Collection) -> None:
    """The table and the chart of all engines that were measured until now."""
    results = {
        name: json.loads(file.read_text("utf-8")) for name in ENGINES if (file := folder / f"{name}.json").exists()
    }
    items, dim = collection.vectors.shape
    head = EXPLANATION.format(
        items=items, dim=dim, queries=len(collection.queries),
        candidates=CONSTRUCTION if items <= SMALL else FEWER,
    )  # fmt: skip
    command = f"PYTHONPATH=src:benchmarks python -m engines --pictures FOLDER… --items {items}"
    body = "\n\n".join([head, summary(results), f"Versions: {', '.join(versions())}.", ELASTIKNN])
    write_section(f"Engines, {items:,} vectors", command, body)
    curves = {name: result["curve"] for name, result in results.items() if "curve" in result}
    (IMAGES / f"engines-{items}.svg").write_text(drawn(curves), encoding="utf-8")


def measure(name: str, folder: Path, only: str | None, taken: Path | None) -> dict[str, Any]:
    """What building and searching gave, or why it could not be done; kept in a file.

    ``taken`` is a folder that has the engine's files already.
    """
    file, built = folder / f"{name}.json", taken or folder / "built" / name
    result: dict[str, Any] = json.loads(file.read_text("utf-8")) if only == "search" else {}
    for stage in (only,) if only else ("build", "search"):
        outcome = {"build": built_by_scale(taken)} if stage == "build" and taken else _run(name, folder, built, stage)
        result |= outcome
        if "failed" in outcome:
            break
    file.write_text(json.dumps(result), encoding="utf-8")
    if only != "build" and not taken:
        shutil.rmtree(built, ignore_errors=True)
    return result


def _run(name: str, folder: Path, built: Path, stage: str) -> dict[str, Any]:
    if stage == "build":
        shutil.rmtree(built, ignore_errors=True)
        built.mkdir(parents=True)
    command = [sys.executable, "-m", "engines.measure", name, str(folder), str(built), stage]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | ONE_THREAD)
    if ran.returncode:
        lines = ran.stderr.strip().splitlines()
        return {"failed": lines[-1] if lines else f"{stage} ended with {ran.returncode}"}
    outcome = json.loads(ran.stdout.splitlines()[-1])
    return {"build": outcome} if stage == "build" else dict(outcome)


def built_by_scale(folder: Path) -> dict[str, Any]:
    """What ``scale.py`` wrote about building the store that it keeps there."""
    figures = [float(figure.replace(",", "")) for _, figure in json.loads((folder / "built.json").read_text("utf-8"))]
    filling, building, peak, *disk = figures
    return {"processor": filling + building, "peak": int(peak), "disk": int(sum(disk))}


def summary(results: dict[str, Any]) -> str:
    """The table, quickest first, and below it what could not be measured."""
    columns = ["engine", "recall@10", "ms", *(f"filter {percent:g} %" for percent in FILTERS[1:])]
    columns += ["first, ms", "building, s", "peak", "own", "mapped", "disk, MB"]
    measured = {name: result for name, result in results.items() if "curve" in result}
    order = sorted(
        measured, key=lambda name: (point_of(measured[name])["recall"] < ENOUGH, point_of(measured[name])["processor"])
    )
    rows = [_row(name, measured[name]) for name in order]
    failed = [f"Not measured: {name}: {result['failed']}" for name, result in results.items() if "failed" in result]
    return "\n\n".join([table(columns, rows), *failed])


def point_of(result: dict[str, Any]) -> dict[str, float]:
    """The quickest setting that is right enough, or the most thorough one."""
    curve = result["curve"]
    return dict(next((point for point in curve if point["recall"] >= ENOUGH), curve[-1]))


def _row(name: str, result: dict[str, Any]) -> list[str]:
    point, build = point_of(result), result["build"]
    filters = [
        f"{cost['processor']:.1f} ({cost['recall']:.3f})" if (cost := result["filters"].get(f"{percent:g}")) else "–"
        for percent in FILTERS[1:]
    ]
    return [
        name, f"{point['recall']:.3f}", f"{point['processor']:.2f}", *filters, f"{result['first']:.0f}",
        f"{build['processor']:.0f}", str(build["peak"]), str(result["own"]), str(result["mapped"]), str(build["disk"]),
    ]  # fmt: skip


def drawn(curves: dict[str, list[dict[str, float]]]) -> str:
    """Recall against queries a second of processor time; settings with little recall are left out."""
    lines = {
        name: [(point["recall"], 1e3 / point["processor"]) for point in curve if point["recall"] >= 0.9]
        for name, curve in curves.items()
    }
    rates = powers_of_ten([rate for line in lines.values() for _, rate in line])
    across = Axis("recall@10", [0.9, 0.92, 0.94, 0.96, 0.98, 1.0], form=".2f")
    return chart(lines, across, Axis("queries a second", rates, logarithmic=True), strong="Sosie")


def versions() -> list[str]:
    """The packages that are installed, with versions."""
    named = []
    for package in PACKAGES:
        try:
            named.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return named


if __name__ == "__main__":
    main()
