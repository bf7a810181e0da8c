"""How fast a server answers, and what of the machine it uses: `python benchmarks/server.py [--seconds 8]`."""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from filled import filled_store
from grocery import read_photos
from PIL import Image
from report import table, write_section

from sosie.embedders import registry
from sosie.images.decode import decode
from sosie.searching.query import QueryMaker
from sosie.searching.views import CLOSER, WHOLE
from sosie.support.cores import usable_cores

ITEMS = 10_000
SIZE = (1155, 866)


def photo(path: Path) -> None:
    """A shop-floor photo as a JPEG of one megapixel, with the noise that a camera adds."""
    first = Image.open(read_photos("shopfloor_val").paths[0]).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(2).normal(0, 6, (SIZE[1], SIZE[0], 3))
    Image.fromarray(np.clip(np.asarray(first) + noise, 0, 255).astype(np.uint8)).save(path, quality=88)


class Alone(NamedTuple):
    """What decode + embed do by themselves: photos a second, and seconds of one core for each."""

    rate: float
    cost: float


def alone(data: bytes, seconds: float, closer: Sequence[float]) -> Alone:
    """Decode + embed in this process, a thread a core, with the views that a search takes."""
    questioner = QueryMaker(registry.load(threads=1), tuple(closer))

    def work(ends: float) -> int:
        done = 0
        while time.perf_counter() < ends:
            questioner.embed([questioner.prepare([decode(data, shorter_side=questioner.shorter_side)])])
            done += 1
        return done

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(work, [0.5 + time.perf_counter()] * usable_cores()))
        began, used = time.perf_counter(), time.process_time()
        done = sum(pool.map(work, [began + seconds] * usable_cores()))
        return Alone(done / (time.perf_counter() - began), (time.process_time() - used) / done)


def serve(store: str, *more: str) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "from sosie.cli import main; main()"
    arguments = ["serve", "--store", store, "--port", str(port), "--rate", "0", *more]
    process = subprocess.Popen([sys.executable, "-c", command, *arguments], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).read()
            return process, url
        except OSError:
            time.sleep(0.1)


def load(url: str, picture: Path, clients: int, seconds: float) -> dict[str, object]:
    here = Path(__file__).with_name("load.py")
    done = subprocess.run(
        [sys.executable, str(here), url, str(picture), str(clients), str(seconds)], capture_output=True, check=True
    )
    return dict(json.loads(done.stdout))


def used_by(process: subprocess.Popen[bytes]) -> float:
    """Seconds of one core that a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(process: subprocess.Popen[bytes]) -> float:
    """Memory of a process, in MB."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=8)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "photo.jpg"
        photo(picture)
        looks = (("four", CLOSER, ()), ("one (--quick)", WHOLE, ("--quick",)))
        tables = [measured(picture, seconds, *look) for look in looks]
    columns = (
        "views", "clients", "median ms", "p95 ms", "answers/s", "of decode + embed", "in core time", "errors",
        "health, worst ms", "MB",
    )  # fmt: skip
    rates = " and ".join(f"{baseline.rate:.0f} with {views}" for views, baseline, _ in tables)
    explanation = (
        f"{ITEMS:,} items without details (photos of groceries and mixtures of their vectors), a photo of one "
        "megapixel. In-process decode + embed alone, in photos a second and views: "
        f"{rates}, on {usable_cores()} cores. The share of its rate has the load generator's CPU time taken off, and "
        "swings with what else the machine does; the share in core time is what decode + embed use of a core for a "
        "photo, of what the server uses for an answer.\n\n"
    )
    write_section(
        "The server",
        "python benchmarks/server.py",
        explanation + table(columns, [cells for _, _, rows in tables for cells in rows]),
    )


def measured(
    picture: Path, seconds: float, views: str, closer: Sequence[float], options: Sequence[str]
) -> tuple[str, Alone, list[list[object]]]:
    """The views, what the work alone can do, and a row for each number of clients."""
    baseline = alone(picture.read_bytes(), seconds, closer)
    process, url = serve(filled_store(ITEMS, details=False), *options)
    try:
        load(url, picture, 2, 2)
        rows = [[views, *row(url, picture, clients, seconds, baseline, process)] for clients in (1, 4, 16, 64)]
    finally:
        process.terminate()
        process.wait()
    return views, baseline, rows


def row(
    url: str, picture: Path, clients: int, seconds: float, baseline: Alone, process: subprocess.Popen[bytes]
) -> list[object]:
    before = used_by(process)
    seen = load(url, picture, clients, seconds)
    cost = (used_by(process) - before) / len(seen["times"])  # type: ignore[arg-type]
    times = sorted(seen["times"])  # type: ignore[call-overload]
    elapsed = float(seen["seconds"])  # type: ignore[arg-type]
    available = elapsed - float(seen["cpu"]) / usable_cores()  # type: ignore[arg-type]
    return [
        clients,
        f"{statistics.median(times) * 1000:.0f}",
        f"{times[int(len(times) * 0.95)] * 1000:.0f}",
        f"{len(times) / elapsed:.0f}",
        f"{len(times) / available / baseline.rate:.2f}",
        f"{baseline.cost / cost:.2f}",
        len(seen["errors"]),  # type: ignore[arg-type]
        f"{max(seen['health']) * 1000:.0f}",  # type: ignore[call-overload]
        f"{resident(process):.0f}",
    ]


if __name__ == "__main__":
    main()
