"""How long a large catalog takes to adapt once its photos are embedded, and how much memory choosing takes.

    PYTHONPATH=src:benchmarks python benchmarks/adaptation_speed.py

3,000 labeled photos of 1,000 products beside 100,000 catalog pictures of 1,280 numbers, all made up.
"""

import hashlib
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
from report import table, write_section

from sosie.adaptation.choosing import choose
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import unit
from sosie.knowledge.generations import OWN
from sosie.learning.adapting import adapt_by_labels
from sosie.learning.lessons import Lesson, Lessons
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.types import EMBEDDING, EmbedderIdentity, Manifest, Record, Vectors

PHOTOS, PRODUCTS, PICTURES, DIM = 3_000, 1_000, 100_000, 1_280
BATCH = 5_000


def main() -> None:
    labeled = made_up()
    began, busy = time.perf_counter(), time.process_time()
    decision = choose(labeled)
    chosen = [time.perf_counter() - began, time.process_time() - busy]
    rows = [
        ["`choose`", *(f"{seconds:.1f}" for seconds in chosen)],
        *([name, *(f"{seconds:.1f}" for seconds in spent)] for name, spent in adapted(labeled).items()),
    ]
    body = (
        f"{PHOTOS:,} labeled photos of {PRODUCTS:,} products beside {PICTURES:,} catalog pictures of {DIM:,} "
        f"numbers, made up, in a local store. `choose` needs {memory(labeled):.0f} MB beyond the vectors, and the "
        f"adaptation {'is' if decision.projection else 'is not'} applied.\n\n"
        f"{table(['part', 'seconds', 'seconds of processor time'], rows)}"
    )
    write_section("Speed of adapting", "PYTHONPATH=src:benchmarks python benchmarks/adaptation_speed.py", body)


def adapted(labeled: Labeled) -> dict[str, tuple[float, float]]:
    """Seconds, and those of processors, of the whole adaptation after embedding, and of the snapshot that it orders."""
    spent: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = filled(Path(folder) / "shop.sosie", labeled)
        build, before = store.optimize, {}

        def optimize() -> None:
            before["snapshot"] = time.perf_counter(), time.process_time()
            build()
            spent["snapshot"] = since(*before["snapshot"])

        store.optimize = optimize  # type: ignore[method-assign]
        start = time.perf_counter(), time.process_time()
        adapt_by_labels(store, lessons(labeled))
        whole = since(*start)
        store.close()
    snapshot = spent["snapshot"]
    return {
        "all of `sosie adapt` after embedding, but the snapshot": (whole[0] - snapshot[0], whole[1] - snapshot[1]),
        "the snapshot of the new generation": snapshot,
    }


def since(clock: float, busy: float) -> tuple[float, float]:
    return time.perf_counter() - clock, time.process_time() - busy


def filled(path: Path, labeled: Labeled) -> Store:
    identity = EmbedderIdentity("mobilenet_v2", "f" * 16, DIM)
    store = open_store(str(path), create=Manifest(identity, vectors={OWN: DIM}, active={EMBEDDING: OWN}))
    products = labeled.gallery_products.tolist()
    for start in range(0, PICTURES, BATCH):
        rows = range(start, min(start + BATCH, PICTURES))
        store.upsert([Record(f"{row:07d}", products[row], "", vectors={OWN: labeled.gallery[row]}) for row in rows])
    return store


def lessons(labeled: Labeled) -> Lessons:
    rows = zip(labeled.products.tolist(), labeled.photos, strict=True)
    return Lessons(tuple(Lesson(name, hashlib.sha256(photo.tobytes()).hexdigest(), photo) for name, photo in rows))


def memory(labeled: Labeled) -> float:
    """The most megabytes that ``choose`` holds at a time, beside what it was given."""
    tracemalloc.start()
    choose(labeled)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def made_up() -> Labeled:
    """Products at random; photos share a shift and vary along a tenth of all directions."""
    rng = np.random.default_rng(0)
    gallery = rng.standard_normal((PICTURES, DIM), dtype=np.float32)
    shown = np.arange(PHOTOS) % PRODUCTS
    wobble: Vectors = rng.standard_normal((PHOTOS, DIM // 10), dtype=np.float32) @ rng.standard_normal(
        (DIM // 10, DIM), dtype=np.float32
    )
    photos = gallery[shown] + 0.5 * wobble + 2.0 * rng.standard_normal(DIM, dtype=np.float32)
    names = np.char.mod("product%06d", np.arange(PICTURES))
    return Labeled(unit(photos), names[shown], unit(gallery), names)


if __name__ == "__main__":
    main()
