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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from report import table, write_section

from sosie.cores import usable_cores
from sosie.embedders import registry
from sosie.generations import first_manifest
from sosie.images.decode import decode
from sosie.images.transform import shorter_side_needed, to_pixels
from sosie.stores.opening import open_store
from sosie.types import Record

ITEMS = 10_000
BATCH = 16


def fill(path: Path) -> None:
    """A store of random vectors: what a search costs does not depend on what they mean."""
    spec = registry.load().spec
    store = open_store(str(path), create=first_manifest(spec))
    rng = np.random.default_rng(1)
    for start in range(0, ITEMS, 1000):
        vectors = rng.standard_normal((1000, spec.dim)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        store.upsert(
            [
                Record(f"i{start + row}", f"p{start + row}", "x.jpg", vectors={"embedding@1": vector})
                for row, vector in enumerate(vectors)
            ]
        )
    store.optimize()
    store.close()


def photo(path: Path) -> None:
    """A JPEG of one megapixel with the detail of a photo."""
    rng = np.random.default_rng(2)
    coarse = Image.fromarray(rng.integers(0, 256, (40, 54, 3), np.uint8)).resize((1155, 866), Image.Resampling.BICUBIC)
    noise = rng.normal(0, 6, (866, 1155, 3))
    Image.fromarray(np.clip(np.asarray(coarse) + noise, 0, 255).astype(np.uint8)).save(path, quality=88)


def alone(data: bytes, seconds: float) -> float:
    """Pictures a second that decode + embed do in this process, a thread a core, in batches."""
    embedder = registry.load(threads=1)
    transforms = embedder.spec.transforms
    side = shorter_side_needed(transforms)

    def batch(_: int) -> int:
        pixels = [to_pixels(decode(data, shorter_side=side), transforms) for _ in range(BATCH)]
        embedder.embed([np.stack(one) for one in zip(*pixels, strict=True)])
        return BATCH

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(batch, range(usable_cores())))
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            done += sum(pool.map(batch, range(2 * usable_cores())))
        return done / (time.perf_counter() - began)


def serve(store: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = "from sosie.cli import main; main()"
    arguments = ["serve", "--store", str(store), "--port", str(port), "--rate", "0"]
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


def resident(process: subprocess.Popen[bytes]) -> float:
    """Memory of a process, in MB."""
    return int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=8)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        store, picture = Path(folder) / "bench.sosie", Path(folder) / "photo.jpg"
        fill(store)
        photo(picture)
        baseline = alone(picture.read_bytes(), seconds)
        process, url = serve(store)
        try:
            load(url, picture, 2, 2)
            rows = [row(url, picture, clients, seconds, baseline, process) for clients in (1, 4, 16, 64)]
        finally:
            process.terminate()
            process.wait()
    columns = ("clients", "median ms", "p95 ms", "answers/s", "of decode + embed", "errors", "health, worst ms", "MB")
    told = (
        f"In-process decode + embed alone: {baseline:.0f} pictures/s on {usable_cores()} cores. The share has the load "
    )
    told += "generator's CPU time taken off; the machine was shared with other work during the run.\n\n"
    write_section("The server", "python benchmarks/server.py", told + table(columns, rows))


def row(
    url: str, picture: Path, clients: int, seconds: float, baseline: float, process: subprocess.Popen[bytes]
) -> list[object]:
    seen = load(url, picture, clients, seconds)
    times = sorted(seen["times"])  # type: ignore[call-overload]
    elapsed = float(seen["seconds"])  # type: ignore[arg-type]
    available = elapsed - float(seen["cpu"]) / usable_cores()  # type: ignore[arg-type]
    return [
        clients,
        f"{statistics.median(times) * 1000:.0f}",
        f"{times[int(len(times) * 0.95)] * 1000:.0f}",
        f"{len(times) / elapsed:.0f}",
        f"{len(times) / available / baseline:.2f}",
        len(seen["errors"]),  # type: ignore[arg-type]
        f"{max(seen['health']) * 1000:.0f}",  # type: ignore[call-overload]
        f"{resident(process):.0f}",
    ]


if __name__ == "__main__":
    main()
