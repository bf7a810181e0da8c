"""What whole processes cost: the memory of indexing, and the time from a shell to an answer.

    PYTHONPATH=src:benchmarks python benchmarks/processes.py

The large catalog is the real photos again and again, each made another file by a few bytes after its end.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grocery import FOLDER, read_photos
from report import table, write_section

SIZES = (3_000, 30_000)
STARTS = 15
INDEXER = r"""
import re, sys, threading, sosie
KINDS = ("RssAnon", "RssFile")
peaks, ended = dict.fromkeys(KINDS, 0), threading.Event()
def look():
    status = open("/proc/self/status").read()
    for kind in KINDS:
        peaks[kind] = max(peaks[kind], int(re.search(kind + r":\s+(\d+)", status)[1]) // 1024)
def watch():
    while not ended.wait(0.02):
        look()
watcher = threading.Thread(target=watch)
watcher.start()
written = []
def note(now):
    if now.done == now.total:
        written[:] = peaks.values()
with sosie.open(sys.argv[2]) as catalog:
    done = catalog.index(sys.argv[1], on_progress=note, details=False).added
ended.set()
watcher.join()
print(done, *written, *peaks.values())
"""
STAGES = {
    "Python itself": "pass",
    "import sosie": "import sosie",
    "import numpy": "import numpy",
    "import onnxruntime": "import onnxruntime",
    "import sosie.cli.search and what it calls": "import sosie.cli.main, sosie.cli.search, sosie.catalog",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    sizes = parser.parse_args().sizes
    with tempfile.TemporaryDirectory() as scratch:
        _write_starts(Path(scratch))
        _write_memory(Path(scratch), sizes)


def _write_memory(scratch: Path, sizes: list[int]) -> None:
    rows = []
    for size in sizes:
        catalog = _catalog(scratch / str(size), size)
        done, *peaks = _python(INDEXER, str(catalog), str(scratch / f"{size}.sosie")).split()
        rows.append((f"{int(done):,}", *peaks))
    text = (
        "Peak resident MB of `catalog.index`, MobileNetV2, without details, until the last picture was written, and "
        "with the snapshot that is built then. What is mapped from files can be dropped by the system whenever memory "
        "is short."
    )
    heads = ["pictures", "its own", "mapped from files", "its own, with the snapshot", "mapped, with the snapshot"]
    body = f"{text}\n\n{table(heads, rows)}"
    write_section("Memory while indexing", "PYTHONPATH=src:benchmarks python benchmarks/processes.py", body)


def _write_starts(scratch: Path) -> None:
    store, photo = str(scratch / "g.sosie"), str(read_photos("shopfloor_val").paths[0])
    _python("import sys, sosie; sosie.open(sys.argv[1]).index(sys.argv[2])", store, str(FOLDER / "catalogue.csv"))
    commands = {name: ["-c", code] for name, code in STAGES.items()}
    commands["`sosie search` to the printed answer"] = ["-m", "sosie", "search", photo, "--store", store]
    commands["`sosie search --json`"] = ["-m", "sosie", "search", photo, "--store", store, "--json"]
    walls: dict[str, list[float]] = {name: [] for name in commands}
    works: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, command in commands.items():
            wall, work, _ = timed([sys.executable, *command])
            walls[name].append(wall)
            works[name].append(work)
    rows = [
        (name, f"{statistics.median(walls[name]):.3f}", f"{statistics.median(works[name]):.3f}") for name in commands
    ]
    body = (
        f"Seconds from process start to end, median of {STARTS}, taken in turn; files warm in the page cache.\n\n"
        f"{table(['process', 'wall', 'processor'], rows)}"
    )
    write_section("From the shell to an answer", "PYTHONPATH=src:benchmarks python benchmarks/processes.py", body)


def timed(command: list[str]) -> tuple[float, float, bytes]:
    """Seconds on the wall and of the processor that a command takes, and what it prints."""
    before, began = os.times(), time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True).stdout
    wall, after = time.perf_counter() - began, os.times()
    work = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, work, printed


def _python(code: str, *arguments: str) -> str:
    return subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True).stdout


def _catalog(folder: Path, size: int) -> Path:
    folder.mkdir()
    photos = read_photos("shopfloor_train").paths
    with (folder / "catalog.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "image"])
        for number in range(size):
            (folder / f"{number}.jpg").write_bytes(photos[number % len(photos)].read_bytes() + number.to_bytes(4))
            rows.writerow([number, f"{number}.jpg"])
    return folder / "catalog.csv"


if __name__ == "__main__":
    main()
