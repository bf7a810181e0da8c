"""How long a photo takes from its file to the answer among 100,000 items, and where the time goes.

    PYTHONPATH=src:benchmarks python benchmarks/searching.py

The stores are made at the first run, in a quarter of an hour, and kept in ~/.cache/sosie-benchmarks (6 GB).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch

import numpy as np
from filled import EMBEDDER, filled_store
from grocery import read_photos
from report import table, write_section

from sosie.catalog import Catalog
from sosie.searching.verifying import Verifier
from sosie.stores.local.store import LocalStore

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/searching.py"
ITEMS = 100_000
STAGES = ("open", "decode", "embed", "details", "search", "join")
INNER = {
    "looks": (LocalStore, "search"),
    "words": (LocalStore, "search_details"),
    "geometry": (Verifier, "_verified"),
}
EVERY = 7
EXPLANATION = f"""Photos of `shopfloor_val`, each searched twice in a warm process, among {ITEMS:,} items in a local
store with `{EMBEDDER}`: the 2,721 catalog pictures and train photos as Sosie indexes them, and mixtures of two of
them, in vectors, packed details (14 KB) and visual words alike, each a product of its own. *Looks* and *words* are the
two searches in the store, *geometry* is reading, unpacking and verifying the details of 24 items, without the
comparison of pixels. While the network runs, another thread extracts the details, then does *words*, then two thirds of
*geometry*. *Details* is the time for which extraction and *words* outlast the network. Medians, in ms."""

Took = dict[str, list[float]]


def main() -> None:
    paths = read_photos("shopfloor_val", EVERY).paths
    rows, together = [], []
    for details in (True, False):
        uri = filled_store(ITEMS, details)
        for quick in (False, True):
            name = f"{'with' if details else 'without'} details, {'1 view' if quick else '4 views'}"
            with Catalog(uri, quick=quick) as catalog:
                rows.append([name, *figures_of(timed_searches(catalog, paths))])
                together += [[name, *at_once(catalog, paths, number)] for number in (1, 4)]
                print(*rows[-1], together[-2:], sep="\n", flush=True)
    columns = ["", "median", "95th percentile", *STAGES[:-1], *INNER]
    loads = table(["", "at once", "median ms", "CPU ms a search", "searches a second"], together)
    write_section("Searching 100,000 items", COMMAND, "\n\n".join([EXPLANATION, table(columns, rows), loads]))


def timed_searches(catalog: Catalog, paths: tuple[Path, ...]) -> Took:
    """Milliseconds of each photo, in all and by stage."""
    took: Took = {name: [] for name in ("all", *STAGES, *INNER)}
    for path in paths[:5]:
        catalog.search(path)
    for path in paths * 2:
        with spent_in_parts() as parts:
            began = time.perf_counter()
            timings = catalog.search(path).timings
            took["all"].append(1000 * (time.perf_counter() - began))
        for stage in STAGES:
            took[stage].append(1000 * timings.get(stage, 0.0))
        for name, seconds in parts.items():
            took[name].append(1000 * seconds)
    return took


def figures_of(took: Took) -> list[str]:
    median = {name: statistics.median(values) for name, values in took.items()}
    shown = ("all", *STAGES[:-1], *INNER)
    figures = [f"{median[name]:.0f}" for name in shown]
    return [figures[0], f"{np.percentile(took['all'], 95):.0f}", *figures[1:]]


@contextmanager
def spent_in_parts() -> Iterator[dict[str, float]]:
    """Seconds in each of the ``INNER`` parts."""
    spent, lock = dict.fromkeys(INNER, 0.0), Lock()

    def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*args, **named)
            finally:
                with lock:
                    spent[name] += time.perf_counter() - began

        return run

    patches = [
        patch.object(owner, method, timed(name, getattr(owner, method))) for name, (owner, method) in INNER.items()
    ]
    for patched in patches:
        patched.start()
    try:
        yield spent
    finally:
        for patched in patches:
            patched.stop()


def at_once(catalog: Catalog, paths: tuple[Path, ...], number: int) -> list[str]:
    """The cells of a row: ``number`` searches at the same time."""

    def search(path: Path) -> float:
        began = time.perf_counter()
        catalog.search(path)
        return 1000 * (time.perf_counter() - began)

    with ThreadPoolExecutor(number) as people:
        began, worked = time.perf_counter(), time.process_time()
        took = list(people.map(search, paths))
        seconds, busy = time.perf_counter() - began, time.process_time() - worked
    return [
        str(number), f"{statistics.median(took):.0f}", f"{1000 * busy / len(paths):.0f}", f"{len(paths) / seconds:.1f}"
    ]  # fmt: skip


if __name__ == "__main__":
    main()
