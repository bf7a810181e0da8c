"""Processor time of two checkouts on the same work, in turn: indexing, a cold search, warm searches.

    .venv/bin/python benchmarks/two_versions.py OLD NEW PICTURES [--rounds 7] [--elasticsearch URL]

OLD and NEW are checkouts; PICTURES is a folder or table that both can index. Processor time of the child processes is
compared, not the wall's: other work on the machine disturbs it least. Prints the median ratio NEW / OLD of each.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

WARM = """
import sys, time, sosie
catalog = sosie.open(sys.argv[1])
photos = sys.argv[2:]
catalog.search(photos[0])
began = time.process_time()
for _ in range(3):
    for photo in photos:
        catalog.search(photo)
print(time.process_time() - began)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--elasticsearch", help="a cluster for warm searches there, too")
    arguments = parser.parse_args()
    root = arguments.pictures if arguments.pictures.is_dir() else arguments.pictures.parent
    photos = sorted(str(path) for path in root.rglob("*.jpg"))[::7][:10]
    times: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for round_number in range(arguments.rounds):
            for name, checkout in (("old", arguments.old), ("new", arguments.new)):
                store = f"{folder}/{name}-{round_number}.sosie"
                measured = {
                    "indexing": children(checkout, "-m", "sosie", "index", arguments.pictures, "--store", store),
                    "cold search": children(checkout, "-m", "sosie", "search", photos[0], "--store", store),
                    "warm searches": warm(checkout, store, photos),
                }
                if arguments.elasticsearch:
                    uri = f"elasticsearch+{arguments.elasticsearch}/two-{name}-{os.getpid()}"
                    if not round_number:
                        children(checkout, "-m", "sosie", "index", arguments.pictures, "--store", uri)
                    measured["warm searches, Elasticsearch"] = warm(checkout, uri, photos)
                for kind, seconds in measured.items():
                    times.setdefault(kind, {}).setdefault(name, []).append(seconds)
    for kind, by_name in times.items():
        ratios = [new / old for old, new in zip(by_name["old"], by_name["new"], strict=True)]
        old, new = (statistics.median(by_name[name]) for name in ("old", "new"))
        print(f"{kind:30} old {old:7.3f} s  new {new:7.3f} s  ratio {statistics.median(ratios):.3f}")


def children(checkout: Path, *words: object) -> float:
    """Processor time of a Python process with this checkout's code."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *map(str, words)], env=environment(checkout), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def warm(checkout: Path, store: str, photos: list[str]) -> float:
    """Processor time of thirty searches in one process."""
    command = [sys.executable, "-c", WARM, store, *photos]
    done = subprocess.run(command, env=environment(checkout), check=True, capture_output=True, text=True)
    return float(done.stdout)


def environment(checkout: Path) -> dict[str, str]:
    """The environment in which this checkout's code is imported."""
    return {**os.environ, "PYTHONPATH": str(checkout / "src")}


if __name__ == "__main__":
    main()
