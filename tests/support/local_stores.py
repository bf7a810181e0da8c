"""Local stores for tests: quick to write, and with borders so low that a few items take every way."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sosie.stores.local import LocalSettings, open_local
from sosie.stores.local.store import LocalStore
from sosie.types import Record
from support.store_contract.harness import MANIFEST, record, unit

TINY = LocalSettings(
    tail_rows=8,
    tail_items=8,
    cached_rows=16,
    listed_rows=3,
    first_candidates=4,
    compared_rows=4,
    first_passing=2,
    scores_at_once=1000,
    power_safe=False,
)
"""Snapshot, tail in memory, tail from the file, everything: all are in reach of a few items."""

SNAPPING = LocalSettings(tail_rows=8, tail_items=8, power_safe=False, busy_seconds=0.2)
"""Snapshots of a few items, and no patience with other writers."""


def opened(folder: Path, settings: LocalSettings = SNAPPING) -> LocalStore:
    """The store in the folder, made if it is not there."""
    store = open_local(folder, MANIFEST, settings)
    assert isinstance(store, LocalStore)
    return store


def numbered(numbers: Iterable[int]) -> list[Record]:
    """Items 0000, 0001, … with random vectors that depend on the number."""
    return [record(f"{n:04}", unit(n), product_id=f"p{n // 3}", brand=f"brand {n % 5}", price=n) for n in numbers]


def snapshots(folder: Path) -> list[Path]:
    """The folders of segments, half-built ones included, but for those of attributes."""
    every = (entry for entry in (folder / "ann").iterdir() if entry.is_dir())
    return sorted(entry for entry in every if not entry.name.lstrip(".").startswith("attributes-"))


def started(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process that runs the script with what this one can import, unmeasured: some drop their rights."""
    paths = [path for path in sys.path if path]
    code = f"import sys; sys.path[:] = {paths!r}\n{script}"
    given = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=unmeasured)


def finished(script: str, *arguments: object) -> str:
    """What the script printed; it must end well and say nothing on standard error."""
    with started(script, *arguments) as process:
        out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    return out


def until(condition: Callable[[], object], waiting_for: Sequence[subprocess.Popen[str]] = ()) -> None:
    """Wait until the condition holds, as long as the processes live."""
    while not condition():
        assert all(process.poll() is None for process in waiting_for)
        time.sleep(0.002)
