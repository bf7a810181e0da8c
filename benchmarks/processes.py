"""What whole processes cost: the memory of indexing, and the time from a shell to an answer.

    PYTHONPATH=src:benchmarks python benchmarks/processes.py [--before CHECKOUT]

``--before`` measures the commands of an earlier version too, in turn. The large catalog is the real photos again and
again, each made another file by a few bytes after its end.
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

from exact_stores import environment
from grocery import FOLDER, read_photos
from report import commit, table, write_section

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
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="pictures; none: only the starts")
    parser.add_argument("--before", type=Path, help="the checkout of an earlier version")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        keep_compiled(Path(scratch))
        _write_starts(Path(scratch), given.before)
        if given.sizes:
            _write_memory(Path(scratch), given.sizes)


def keep_compiled(scratch: Path) -> None:
    """Lets the processes that are started from here keep compiled modules, as an installed package has them."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(scratch / "compiled")


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


def _write_starts(scratch: Path, before: Path | None) -> None:
    commands = {name: (["-c", code], dict(os.environ)) for name, code in STAGES.items()}
    commands |= _searches(scratch / "now.sosie", dict(os.environ), "")
    if before:
        commands |= _searches(scratch / "before.sosie", environment(before), f", {commit(before)}")
    walls: dict[str, list[float]] = {name: [] for name in commands}
    works: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(STARTS):
        for name, (command, variables) in commands.items():
            wall, work, _ = timed([sys.executable, *command], variables)
            walls[name].append(wall)
            works[name].append(work)
    rows = [
        (name, f"{statistics.median(walls[name]):.3f}", f"{statistics.median(works[name]):.3f}") for name in commands
    ]
    body = (
        f"Seconds from process start to end, median of {STARTS}, taken in turn; files warm in the page cache, modules "
        f"compiled. The store has the 81 pictures of the grocery catalog.\n\n"
        f"{table(['process', 'wall', 'processor'], rows)}"
    )
    command = "PYTHONPATH=src:benchmarks python benchmarks/processes.py" + " --before CHECKOUT" * bool(before)
    write_section("From the shell to an answer", command, body)


def _searches(store: Path, variables: dict[str, str], version: str) -> dict[str, tuple[list[str], dict[str, str]]]:
    """The searches by the version that these variables choose, in a store that it makes."""
    code = "import sys, sosie; sosie.open(sys.argv[1]).index(sys.argv[2])"
    catalog, photo = FOLDER / "catalogue.csv", read_photos("shopfloor_val").paths[0]
    subprocess.run([sys.executable, "-c", code, store, catalog], check=True, capture_output=True, env=variables)
    search = ["-m", "sosie", "search", str(photo), "--store", str(store)]
    return {
        f"`sosie search` to the printed answer{version}": (search, variables),
        f"`sosie search --json`{version}": ([*search, "--json"], variables),
        f"`sosie search --json --quick`{version}": ([*search, "--json", "--quick"], variables),
    }


def timed(command: list[str], variables: dict[str, str] | None = None) -> tuple[float, float, bytes]:
    """Seconds on the wall and of the processor that a command takes, and what it prints."""
    before, began = os.times(), time.perf_counter()
    printed = subprocess.run(command, check=True, capture_output=True, env=variables).stdout
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
