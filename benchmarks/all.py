"""Runs all benchmarks, one after the other; each writes its section of RESULTS.md and its charts.

    python benchmarks/all.py [--quick] [--only NAME …] [--pictures FOLDER…]

``--quick`` runs those of speed at small sizes, in a quarter of an hour, and writes into build/benchmarks instead: it
shows that they run, not what Sosie can do. A benchmark that fails does not stop the others; the end names it, and why.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DATA = ROOT.parent / "shared" / "data"
MODELS = ROOT.parent / "shared" / "models"
KEPT = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sosie-benchmarks"
QUICK_RESULTS = ROOT / "build" / "benchmarks" / "RESULTS.md"
CATALOGS = ("eshop_catalog", "grocery_store", "clothing", "jsk_objects", "abantecart_beauty")
PLACES = {"MILLION": str(KEPT / "million"), "SMALL": str(KEPT / "small"), "MODELS": str(MODELS)}
"""What stands for a folder in the arguments below; PICTURES stands for all folders of pictures."""


@dataclass(frozen=True)
class Benchmark:
    """A script of this folder or the module ``engines``, its arguments, and those of a quick run, if it has one."""

    name: str
    script: str
    arguments: str = ""
    quick: str | None = None


BENCHMARKS = (
    Benchmark("scale", "scale.py", "--pictures PICTURES --items 1000000 --folder MILLION",
              "--pictures PICTURES --items 20000 --folder SMALL"),
    Benchmark("sizes", "sizes.py", "--pictures PICTURES --store MILLION",
              "--pictures PICTURES --sizes 10000 --store SMALL"),
    Benchmark("growth", "growth.py", "--pictures PICTURES --store MILLION",
              "--pictures PICTURES --store SMALL --days 2 --adds 500 --deletes 500 --changes 2000"),
    Benchmark("engines", "engines", "--pictures PICTURES", "--pictures PICTURES --items 5000"),
    Benchmark("engines-million", "engines", "--pictures PICTURES --items 1000000 --store MILLION"),
    Benchmark("end-to-end", "end_to_end.py", quick=""),
    Benchmark("processes", "processes.py", quick="--sizes 200"),
    Benchmark("searching", "searching.py"),
    Benchmark("server", "server.py"),
    Benchmark("indexing", "indexing.py"),
    Benchmark("indexing-details", "indexing.py", "--details"),
    Benchmark("extraction", "extraction.py", quick=""),
    Benchmark("batches", "batches.py", quick=""),
    Benchmark("cluster", "cluster.py", quick="--items 2000"),
    Benchmark("fetch", "fetch.py", quick="--count 200 --repeat 1"),
    Benchmark("sources", "sources.py", quick="2000"),
    Benchmark("page", "page.py"),
    Benchmark("duplicates-time", "duplicates_time.py", "500 2000"),
    Benchmark("adaptation-speed", "adaptation_speed.py"),
    Benchmark("duplicates", "duplicates.py"),
    Benchmark("networks", "networks.py"),
    Benchmark("transforms", "transforms.py"),
    Benchmark("int8", "int8.py", "MODELS"),
    Benchmark("details", "details.py"),
    Benchmark("planar", "planar.py"),
    Benchmark("exact", "exact.py"),
    Benchmark("exact-alone", "exact_alone.py"),
    Benchmark("variants", "variants.py"),
    Benchmark("codes", "codes.py"),
    Benchmark("main-object", "main_object.py", "MODELS/u2netp.onnx"),
    Benchmark("explaining", "explaining.py"),
    Benchmark("shrinking", "shrinking.py"),
    Benchmark("quality", "quality.py"),
    Benchmark("adaptation", "adaptation.py"),
    Benchmark("certainty", "certainty.py"),
    Benchmark("hidden", "hidden.py"),
    Benchmark("certainty-adapted", "certainty_adapted.py"),
)  # fmt: skip


def main() -> None:
    """Run, say how each ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    names = [benchmark.name for benchmark in BENCHMARKS]
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names, help=", ".join(names))
    parser.add_argument("--pictures", type=Path, nargs="+", default=[DATA / name for name in CATALOGS])
    given = parser.parse_args()
    missing = [str(folder) for folder in given.pictures if not folder.is_dir()]
    if missing:
        sys.exit(f"no folder {', '.join(missing)}; name folders with some thousand pictures: --pictures FOLDER…")
    failed = []
    for benchmark in BENCHMARKS:
        arguments = benchmark.quick if given.quick else benchmark.arguments
        if benchmark.name in given.only and arguments is not None:
            began = time.perf_counter()
            reason = run(command(benchmark.script, arguments, given.pictures), environment(given.quick))
            print(f"{benchmark.name}: {reason or 'done'}, {time.perf_counter() - began:.0f} s", flush=True)
            failed += [benchmark.name] if reason else []
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def command(script: str, arguments: str, pictures: Sequence[Path]) -> list[str]:
    """What starts a benchmark."""
    begin = [str(HERE / script)] if script.endswith(".py") else ["-m", script]
    words: list[str] = []
    for word in arguments.split():
        if word == "PICTURES":
            words += map(str, pictures)
        else:
            place, slash, rest = word.partition("/")
            words.append(f"{PLACES.get(place, place)}{slash}{rest}")
    return [sys.executable, *begin, *words]


def environment(quick: bool) -> Mapping[str, str]:
    """Where Python finds Sosie, the benchmarks and the tests' helpers, and where a quick run writes."""
    paths = [str(ROOT / name) for name in ("src", "benchmarks", "tests", "scripts")]
    more = {"SOSIE_RESULTS": str(QUICK_RESULTS)} if quick else {}
    return os.environ | {"PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")])} | more


def run(words: Sequence[str], variables: Mapping[str, str]) -> str:
    """Why a benchmark failed, empty if it did not."""
    ran = subprocess.run(words, env=variables, capture_output=True, text=True)
    return (ran.stderr.strip().splitlines() or [f"ended with {ran.returncode}"])[-1] if ran.returncode else ""


if __name__ == "__main__":
    main()
