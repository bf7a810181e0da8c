"""The local store at a given size: how fast it is filled, optimised and asked, cold and warm, and how right it is.

    python benchmarks/stores.py --items 20000 [--dim 1280] [--folder DIR] [--queries 200]

Vectors are drawn like a catalogue's: kinds, products of a kind, views of a product, on a space of 96 dimensions bent by
a ReLU, which gives the cosines that a pooled network gives (median about 0.3, views of a product about 0.88).
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sosie.filters import bind, where_from
from sosie.stores.local import open_local
from sosie.types import EmbedderIdentity, Manifest, Record

NAME, BATCH = "embedding@1", 64
WHERES = {"1 %": ["share<1"], "3 %": ["share<3"], "10 %": ["share<10"], "50 %": ["share<50"], "kind": ["kind=kind 7"]}
COLD = """
import time; start = time.perf_counter()
import sys, numpy as np
from pathlib import Path
from sosie.stores.local import open_local
query = np.load(sys.argv[2]); loaded = time.perf_counter()
store = open_local(Path(sys.argv[1])); hits = store.search("embedding@1", query, 10)
print(loaded - start, time.perf_counter() - loaded, len(hits[0]), "usearch" in sys.modules)
"""


class Drawn:
    """A catalogue of drawn vectors, made in blocks so that a large one needs no memory."""

    def __init__(self, items: int, dim: int, seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.items, self.dim = items, dim
        self.basis = self.random.normal(size=(96, dim)).astype(np.float32) / np.sqrt(96)
        kinds = self.random.normal(size=(40, 96)).astype(np.float32)
        self.kind_of = self.random.integers(0, 40, max(1, items // 4))
        spread = self.random.normal(size=(len(self.kind_of), 96)).astype(np.float32)
        self.products = kinds[self.kind_of] + 0.8 * spread

    def views(self, products: np.ndarray) -> np.ndarray:
        latent = self.products[products] + 0.45 * self.random.normal(size=(len(products), 96))
        bent = latent @ self.basis + 0.15 * self.random.normal(size=(len(products), self.dim))
        bent = np.maximum(bent, 0)
        return (bent / np.linalg.norm(bent, axis=1, keepdims=True)).astype(np.float32)

    def records(self) -> Iterator[list[Record]]:
        for start in range(0, self.items, BATCH):
            products = self.random.integers(0, len(self.products), min(BATCH, self.items - start))
            vectors = self.views(products)
            yield [self._record(start + n, product, vectors[n]) for n, product in enumerate(products)]

    def queries(self, number: int) -> np.ndarray:
        return self.views(self.random.integers(0, len(self.products), number))

    def _record(self, n: int, product: int, vector: np.ndarray) -> Record:
        attributes = {
            "share": float(self.random.integers(0, 10_000)) / 100,
            "kind": f"kind {self.kind_of[product]}",
            "brand": f"brand {product % 300}",
            "title": f"drawn product {product} of kind {self.kind_of[product]}",
            "price": float(self.random.integers(1, 50_000)) / 100,
            "tags": ("new", f"tag {product % 17}"),
        }
        blobs = {"thumbnail": self.random.bytes(6000)}
        return Record(
            f"{n:07}.jpg", f"product {product}", f"shop/{n}.jpg", (), attributes, f"{n:064}", {NAME: vector}, blobs
        )


def manifest(dim: int) -> Manifest:
    types: dict[str, Any] = {"share": "number", "kind": "string", "brand": "string", "title": "string"}
    types |= {"price": "number", "tags": "strings"}
    return Manifest(EmbedderIdentity("drawn", "0" * 16, dim), {NAME: dim}, {"embedding": NAME}, types)


def resident() -> int:
    """Resident memory now, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) // 1024


def milliseconds(ask: Callable[[np.ndarray], Any], queries: np.ndarray) -> str:
    """Wall time, and processor time, which a busy machine falsifies less."""
    times, used = [], []
    for query in queries:
        start, started = time.perf_counter(), time.process_time()
        ask(query[None])
        times.append(1e3 * (time.perf_counter() - start))
        used.append(1e3 * (time.process_time() - started))
    return f"median {np.median(times):6.2f} ms, p95 {np.percentile(times, 95):6.2f} ms, cpu {np.median(used):6.2f} ms"


def exact(store: Any, queries: np.ndarray, passes: Callable[[Record], bool]) -> list[list[str]]:
    """The ten best by a plain scan."""
    names: list[str] = []
    scores = [np.empty((len(queries), 0), np.float32)]
    part: list[Record] = []

    def compare() -> None:
        kept = [one for one in part if passes(one)]
        names.extend(one.item_id for one in kept)
        if kept:
            scores.append(queries @ np.stack([one.vectors[NAME] for one in kept]).T)
        part.clear()

    for record in store.scan(fields=[NAME]):
        part.append(record)
        if len(part) == 2000:
            compare()
    compare()
    all_scores = np.concatenate(scores, axis=1)
    return [[names[i] for i in np.argsort(-row)[:10]] for row in all_scores]


def recall(found: list[list[Any]], right: list[list[str]]) -> float:
    shares = [len({hit.item_id for hit in one} & set(best)) / len(best) for one, best in zip(found, right, strict=True)]
    return float(np.mean(shares))


def cold(folder: Path, queries: np.ndarray) -> None:
    file = folder.parent / "query.npy"
    np.save(file, queries[:1])
    runs = [
        subprocess.run([sys.executable, "-c", COLD, folder, file], check=True, capture_output=True, text=True)
        for _ in range(5)
    ]
    best = min((run.stdout.split() for run in runs), key=lambda words: float(words[1]))
    print(
        f"cold: imports {float(best[0]):.3f} s, open + first answer {float(best[1]):.3f} s, usearch loaded: {best[3]}"
    )


def fill(store: Any, drawn: Drawn) -> None:
    spent = 0.0
    for batch in drawn.records():
        start = time.perf_counter()
        store.upsert(batch)
        spent += time.perf_counter() - start
    print(f"upsert: {drawn.items / spent:.0f} items/s in batches of {BATCH}; resident {resident()} MB")


def ask_all(store: Any, queries: np.ndarray) -> None:
    types = store.manifest.attributes
    print(f"plain:    {milliseconds(lambda q: store.search(NAME, q, 10), queries)}")
    print(f"distinct: {milliseconds(lambda q: store.search(NAME, q, 10, None, 'product_id'), queries)}")
    for name, conditions in WHERES.items():
        where = bind(where_from(conditions), types)
        share = store.count(where) / store.count()
        times = milliseconds(lambda q, w=where: store.search(NAME, q, 10, w), queries[:60])
        print(f"where {name:5} ({share:.3f}): {times}")
    start = time.perf_counter()
    store.search(NAME, queries, 10)
    print(f"{len(queries)} queries at once: {1e3 * (time.perf_counter() - start) / len(queries):.2f} ms each")


def judge(store: Any, queries: np.ndarray) -> None:
    types = store.manifest.attributes
    print(f"recall@10: {recall(store.search(NAME, queries, 10), exact(store, queries, lambda r: True)):.4f}")
    for limit in (10, 50):
        where = bind(where_from([f"share<{limit}"]), types)
        right = exact(store, queries, lambda r, limit=limit: r.attributes["share"] < limit)
        print(f"recall@10 where share<{limit}: {recall(store.search(NAME, queries, 10, where), right):.4f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=1280)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    parent = given.folder or Path(tempfile.mkdtemp(prefix="sosie-stores-"))
    folder = parent / f"{given.items}.sosie"
    shutil.rmtree(folder, ignore_errors=True)
    drawn = Drawn(given.items, given.dim)
    store = open_local(folder, manifest(given.dim))
    fill(store, drawn)
    queries = drawn.queries(given.queries)
    print(f"before optimize: {milliseconds(lambda q: store.search(NAME, q, 10), queries[:5])}")
    start = time.perf_counter()
    store.optimize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"optimize: {time.perf_counter() - start:.1f} s; peak {peak} MB")
    ask_all(store, queries)
    start = time.perf_counter()
    changed = {f"{n:07}.jpg": {"price": 1.0, "share": n % 100.0} for n in range(min(20_000, given.items))}
    store.update(changed)
    print(f"{len(changed)} attributes updated in {time.perf_counter() - start:.1f} s")
    print(f"then:     {milliseconds(lambda q: store.search(NAME, q, 10), queries)}")
    judge(store, queries)
    store.close()
    sizes = {
        entry.name: sum(f.stat().st_size for f in [entry, *entry.rglob("*")] if f.is_file()) >> 20
        for entry in folder.iterdir()
    }
    print(f"disk, MB: {json.dumps(sizes)}; resident {resident()} MB")
    cold(folder, queries)
    if given.folder is None:
        shutil.rmtree(parent)


if __name__ == "__main__":
    main()
