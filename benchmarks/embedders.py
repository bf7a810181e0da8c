"""How good, how quick and how large every embedder in the wheel is, and every pair of them.

    PYTHONPATH=src:benchmarks python benchmarks/embedders.py

Queries are all 2,936 labelled shop-floor photos, the gallery is the 81 catalogue pictures. The networks are run once,
as ``trio``, and the others are cut out of its vectors.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from grocery import (
    Hits,
    Photos,
    Products,
    embed_photos,
    hits_at,
    interval_over_photos,
    interval_over_products,
    read_photos,
)
from report import table, write_section

from sosie.embedders.bundled import NETWORKS, WEIGHTS
from sosie.embedders.registry import DEFAULT, load
from sosie.types import Vectors

REPEATS = 9
COLD = "from sosie.embedders.registry import load; import numpy as np; e = load({name!r}); e.embed({pixels})"
PIXELS = "[np.zeros((1, 3, t.size, t.size), 'float32') for t in e.spec.transforms]"
COLUMNS = [
    *("embedder", "hit@1", "95 % over products", "95 % over photos", f"ahead of {DEFAULT}", "hit@5"),
    *("val hit@1", "val hit@5", "ms a picture", "cold ms", "MB", "numbers"),
]
EXPLANATION = f"""Hit rate of 2,936 photos (train and val) against 81 catalogue pictures; beside it val alone, 296
photos. *95 % over products* draws whole products again, which is the honest interval; *ahead* is the difference in
hit@1 to {DEFAULT}, with its own interval over products. *ms a picture*: one thread, batches of 8, the network alone,
best of {REPEATS}. *Cold*: from the start of Python to the first vector, all cores, best of {REPEATS}."""


def main() -> None:
    command = "PYTHONPATH=src:benchmarks python benchmarks/embedders.py"
    write_section("Embedders", command, f"{EXPLANATION}\n\n{table(COLUMNS, measure_all())}")


def measure_all() -> list[list[str]]:
    """One row for every embedder, in the order of ``COLUMNS``."""
    tables = [read_photos(name) for name in ("shopfloor_train", "shopfloor_val", "catalogue")]
    trio = load("trio", threads=1)
    train, val, gallery = (cut(embed_photos(trio, photos)) for photos in tables)
    products = np.concatenate([tables[0].products, tables[1].products])
    rows, default = [], None
    for name in gallery:
        hits = {k: find(k, (train[name], val[name]), gallery[name], tables) for k in (1, 5)}
        default = hits[1] if default is None else default
        rows.append([name, *quality(hits, default, products, of_val=len(tables[1].products)), *cost(name)])
        print(*rows[-1], flush=True)
    return rows


def cut(trio: Vectors) -> dict[str, Vectors]:
    """The vectors of every network, of every pair, and of all, by name; the default first."""
    parts = dict(zip(NETWORKS, np.split(trio * np.sqrt(len(NETWORKS)), len(NETWORKS), axis=1), strict=True))
    pairs = {f"{a}+{b}": np.hstack([parts[a], parts[b]]) / np.sqrt(2) for a, b in combinations(parts, 2)}
    vectors = {**parts, **pairs, "trio": trio}
    return {DEFAULT: vectors[DEFAULT], **vectors}


def find(k: int, queries: Sequence[Vectors], gallery: Vectors, tables: Sequence[Photos]) -> Hits:
    """Hits of the train photos, then of the val photos."""
    *asked, catalogue = tables
    parts = zip(queries, asked, strict=True)
    return np.concatenate([hits_at(k, vectors, photos, gallery, catalogue) for vectors, photos in parts])


def quality(hits: dict[int, Hits], default: Hits, products: Products, of_val: int) -> list[str]:
    """Hit rates over all photos with their intervals, then over the last ``of_val``."""
    gain = hits[1].astype(float) - default
    return [
        f"{hits[1].mean():.3f}",
        show(interval_over_products(hits[1], products)),
        show(interval_over_photos(hits[1])),
        f"{gain.mean():+.3f} ({show(interval_over_products(gain, products), sign='+')})" if gain.any() else "–",
        *(f"{rates.mean():.3f}" for rates in (hits[5], hits[1][-of_val:], hits[5][-of_val:])),
    ]


def show(interval: tuple[float, float], sign: str = "") -> str:
    return " … ".join(f"{end:{sign}.3f}" for end in interval)


def cost(name: str) -> list[str]:
    """Milliseconds a picture, milliseconds from a cold start, megabytes of weights, and numbers in a vector."""
    networks = NETWORKS if name == "trio" else name.split("+")
    size = sum((WEIGHTS / NETWORKS[network].file).stat().st_size for network in networks)
    return [f"{warm_ms(name):.1f}", f"{cold_ms(name):.0f}", f"{size / 1e6:.1f}", str(load(name).spec.dim)]


def warm_ms(name: str) -> float:
    embedder = load(name, threads=1)
    n = embedder.batch_size
    rng = np.random.default_rng(0)
    pixels = [rng.normal(size=(n, 3, t.size, t.size)).astype(np.float32) for t in embedder.spec.transforms]
    return 1e3 / n * min(seconds(lambda: embedder.embed(pixels)) for _ in range(REPEATS))


def cold_ms(name: str) -> float:
    command = [sys.executable, "-c", COLD.format(name=name, pixels=PIXELS)]
    return 1e3 * min(seconds(lambda: subprocess.run(command, check=True)) for _ in range(REPEATS))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
