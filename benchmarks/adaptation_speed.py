"""How long choosing an adaptation takes on a large catalogue, and how much memory.

    PYTHONPATH=src:benchmarks python benchmarks/adaptation_speed.py

3,000 labelled photos of 1,000 products beside 100,000 catalogue pictures of 1,280 numbers, all made up; two threads.
"""

import os
import resource
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np
from report import table, write_section

from sosie.adaptation import Labelled, choose
from sosie.adaptation.projection import unit
from sosie.types import Vectors

PHOTOS, PRODUCTS, PICTURES, DIM = 3_000, 1_000, 100_000, 1_280


def main() -> None:
    labelled = made_up()
    before = megabytes()
    began, busy = time.perf_counter(), time.process_time()
    decision = choose(labelled)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    rows = [[f"{seconds:.1f}", f"{busy:.1f}", f"{megabytes() - before:.0f}", str(decision.projection is not None)]]
    size = len(decision.projection.to_bytes()) / 1e6 if decision.projection else 0.0
    print(rows, decision.reason, f"{size:.1f} MB", file=sys.stderr)
    columns = ["seconds", "seconds of processor time", "megabytes beyond the vectors", "applied"]
    body = (
        f"`choose` on {PHOTOS:,} labelled photos of {PRODUCTS:,} products beside {PICTURES:,} catalogue pictures of "
        f"{DIM:,} numbers, made up, two threads.\n\n{table(columns, rows)}"
    )
    write_section("Speed of adapting", "PYTHONPATH=src:benchmarks python benchmarks/adaptation_speed.py", body)


def made_up() -> Labelled:
    """Products at random; photos share a shift and vary along a tenth of all directions."""
    rng = np.random.default_rng(0)
    gallery = rng.standard_normal((PICTURES, DIM), dtype=np.float32)
    shown = np.arange(PHOTOS) % PRODUCTS
    wobble: Vectors = rng.standard_normal((PHOTOS, DIM // 10), dtype=np.float32) @ rng.standard_normal(
        (DIM // 10, DIM), dtype=np.float32
    )
    photos = gallery[shown] + 0.5 * wobble + 2.0 * rng.standard_normal(DIM, dtype=np.float32)
    names = np.char.mod("product%06d", np.arange(PICTURES))
    return Labelled(unit(photos), names[shown], unit(gallery), names)


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
