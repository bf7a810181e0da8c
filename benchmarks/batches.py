"""How many pictures a network is best given in one run, on one core.

PYTHONPATH=src:benchmarks python benchmarks/batches.py
"""

from __future__ import annotations

import time
from itertools import product

import numpy as np
from report import table, write_section

from sosie.embedders import network
from sosie.embedders.bundled import NETWORKS
from sosie.embedders.registry import load

AT_ONCE = (1, 2, 3, 4, 8, 16)
PICTURES = 48
ROUNDS = 9


def main() -> None:
    least: dict[tuple[str, int], float] = {}
    for _ in range(ROUNDS):
        for case in product(NETWORKS, AT_ONCE):
            least[case] = min(least.get(case, 1.0), _seconds_each(*case))
    rows = [(name, *(f"{least[name, number] * 1000:.2f}" for number in AT_ONCE)) for name in NETWORKS]
    text = (
        f"Milliseconds of one core for one picture, by how many are in one run of the network; the least of {ROUNDS} "
        "rounds in turn, processor time."
    )
    heads = ["network", *map(str, AT_ONCE)]
    command = "PYTHONPATH=src:benchmarks python benchmarks/batches.py"
    write_section("Pictures in one run of a network", command, f"{text}\n\n{table(heads, rows)}")


def _seconds_each(name: str, at_once: int) -> float:
    network.PICTURES_A_THREAD = at_once
    embedder = load(name, threads=1)
    [transform] = embedder.spec.transforms
    pictures = np.zeros((PICTURES, 3, transform.size, transform.size), np.float32)
    embedder.embed([pictures[:at_once]])
    began = time.process_time()
    embedder.embed([pictures])
    return (time.process_time() - began) / PICTURES


if __name__ == "__main__":
    main()
