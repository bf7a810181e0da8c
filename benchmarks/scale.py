"""The local store at a given size: filling, building, searching with filters of any selectivity, facets, memory.

    PYTHONPATH=src:benchmarks python benchmarks/scale.py --pictures FOLDER… [--items 100000]

Vectors are mixtures of those of real pictures (``engines/vectors.py``), attributes are drawn, there are no thumbnails.
All times are processor time of one thread, which other work on the machine disturbs least.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from engines.vectors import Matrix, embedded, mixtures
from report import commit, table, write_section

from sosie.filters import bind, where_from
from sosie.stores.local import open_local
from sosie.types import EmbedderIdentity, Manifest, Record

NAME, BATCH, QUERIES = "embedding@1", 1000, 100
TYPES: dict[str, Any] = {"title": "string", "brand": "string", "price": "number", "share": "number", "other": "number"}
FILTERS: dict[str, list[str]] = {
    "none": [],
    "50 %": ["share<50"],
    "10 %": ["share<10"],
    "1 %": ["share<1"],
    "0.1 %, two conditions": ["share<10", "other<1"],
    "19 %, or and not": ["share<10 or not other<90"],
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def main() -> None:
    """Fill in this process, build and search in others, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, nargs="+", default=[])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the store here and, where one is already, only search it")
    parser.add_argument("--again", action="store_true", help="build the segments of the store that is kept once more")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--search", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.build or given.search:
        print(json.dumps(build(given.build) if given.build else search(given.search)))
        return
    os.environ |= ONE_THREAD
    folder = given.folder or Path(tempfile.mkdtemp())
    rows = measured(folder, lambda: embedded(given.pictures), given.items, given.again)
    if given.folder:
        columns, rows = with_earlier_searches(folder, rows)
    else:
        columns = ["measured"]
        shutil.rmtree(folder)
    shown = f"PYTHONPATH=src:benchmarks python benchmarks/scale.py --pictures FOLDER… --items {given.items}"
    head = f"{given.items:,} mixtures of pictures, 1,280 numbers, k = 10; processor time."
    body = f"{head}\n\n{table(['', *columns], rows)}"
    write_section(f"The local store at {given.items:,} items", shown, body)


def measured(folder: Path, real: Callable[[], Matrix], items: int, again: bool = False) -> list[list[str]]:
    """The figures of the store in ``folder``: filled here if it is not there, built and searched by other processes."""
    folder.mkdir(parents=True, exist_ok=True)
    built = folder / "built.json"
    if not built.exists() or again:
        filling = json.loads(built.read_text("utf-8"))[:1] if built.exists() else fill(folder, real(), items)
        shutil.rmtree(folder / "shop.sosie" / "ann", ignore_errors=True)
        built.write_text(json.dumps([*filling, *_by_another_process("--build", folder)]), encoding="utf-8")
    return [*json.loads(built.read_text("utf-8")), *_by_another_process("--search", folder)]


def _by_another_process(work: str, folder: Path) -> list[list[str]]:
    command = [sys.executable, __file__, work, str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    rows: list[list[str]] = json.loads(ran.stdout)
    return rows


def with_earlier_searches(folder: Path, rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """A column for each commit that searched the store, oldest first; filling and building were done once."""
    file = folder / "searched.json"
    runs: dict[str, dict[str, str]] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    runs.pop(commit(), None)
    runs[commit()] = dict(rows)
    file.write_text(json.dumps(runs), encoding="utf-8")
    return [f"searched by {name}" for name in runs], [
        [name, *(run.get(name, "–") for run in runs.values())] for name, _ in rows
    ]


def fill(folder: Path, real: Matrix, items: int) -> list[list[str]]:
    """What filling costs; vectors, numbers and queries lie beside the store for the search."""
    random = np.random.default_rng(0)
    np.save(folder / "queries.npy", mixtures(real, QUERIES, np.random.default_rng(1)))
    np.save(folder / "numbers.npy", random.uniform(0, 100, (items, 2)).round(3))
    shape = (items, real.shape[1])
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float16, shape)
    identity = EmbedderIdentity("mixtures", "0" * 64, real.shape[1])
    store = open_local(folder / "shop.sosie", Manifest(identity, {NAME: real.shape[1]}, {"embedding": NAME}, TYPES))
    spent = 0.0
    for records in _records(real, np.load(folder / "numbers.npy"), vectors, random):
        start = time.process_time()
        store.upsert(records)
        spent += time.process_time() - start
    store.close()
    return [["filling, s", f"{spent:.1f}"]]


def build(folder: Path) -> list[list[str]]:
    """What building the segments costs, in a process that does nothing else."""
    store = open_local(folder / "shop.sosie")
    start = time.process_time()
    store.optimize()
    building = time.process_time() - start
    store.close()
    return [
        ["building the segments, s", f"{building:.1f}"],
        ["most memory meanwhile, own and mapped, MB", f"{memory()['VmHWM']:,}"],
        ["`catalog.db`, MB", f"{(folder / 'shop.sosie' / 'catalog.db').stat().st_size >> 20:,}"],
        ["`ann/`, MB", f"{size(folder / 'shop.sosie' / 'ann'):,}"],
    ]


def _records(real: Matrix, numbers: Matrix, vectors: np.ndarray, random: np.random.Generator) -> Iterator[list[Record]]:
    for start in range(0, len(numbers), BATCH):
        block = mixtures(real, min(BATCH, len(numbers) - start), random)
        vectors[start : start + len(block)] = block
        brands = random.zipf(1.3, len(block)) % 3000
        prices = random.gamma(2, 30, len(block)).round(2)
        yield [
            _record(start + place, vector, numbers[start + place], int(brands[place]), float(prices[place]))
            for place, vector in enumerate(block)
        ]


def _record(number: int, vector: Matrix, numbers: Matrix, brand: int, price: float) -> Record:
    share, other = numbers.tolist()
    attributes = {"title": f"Article {number} of brand {brand}", "brand": f"brand {brand}", "price": price}
    item_id = f"{number:08}"
    return Record(
        item_id, item_id, f"https://shop.example/{number}.jpg", content_sha256=f"{number:064x}", vectors={NAME: vector},
        attributes={**attributes, "share": share, "other": other},
    )  # fmt: skip


def search(folder: Path) -> list[list[str]]:
    """What a process that only searches sees."""
    queries = np.load(folder / "queries.npy")
    start = time.process_time()
    store = open_local(folder / "shop.sosie")
    store.search(NAME, queries[:1], 10)
    rows = [["opening and the first search, ms", f"{1e3 * (time.process_time() - start):.0f}"]]
    answers: dict[str, list[set[int]]] = {}
    for name, conditions in FILTERS.items():
        where = bind(where_from(conditions), TYPES)
        answers[name], times = [], []
        for query in queries:
            start = time.process_time()
            [hits] = store.search(NAME, query[None], 10, where)
            times.append(time.process_time() - start)
            answers[name].append({int(hit.item_id) for hit in hits})
        rows.append([f"search, filter {name}: ms", f"{1e3 * np.median(times):.1f}"])
    tenth = bind(where_from(["share<10"]), TYPES)
    rows.append(["facets of brand, price and title: ms", _median(lambda: store.facets(["brand", "price", "title"]))])
    rows.append(["the same of a tenth: ms", _median(lambda: store.facets(["brand", "price", "title"], tenth))])
    used = memory()
    rows.append(["own memory, mapped memory, MB", f"{used['RssAnon']:,}, {used['RssFile']:,}"])
    return [*rows, *_recalls(folder, queries, answers)]


def _recalls(folder: Path, queries: Matrix, answers: dict[str, list[set[int]]]) -> list[list[str]]:
    vectors, (share, other) = np.load(folder / "vectors.npy", mmap_mode="r"), np.load(folder / "numbers.npy").T
    passing = {
        "none": share >= 0,
        "50 %": share < 50,
        "10 %": share < 10,
        "1 %": share < 1,
        "0.1 %, two conditions": (share < 10) & (other < 1),
        "19 %, or and not": (share < 10) | (other >= 90),
    }
    scores = [queries @ np.asarray(vectors[at : at + 8192], np.float32).T for at in range(0, len(vectors), 8192)]
    cosines = np.concatenate(scores, axis=1)
    rows = []
    for name, mask in passing.items():
        places = np.flatnonzero(mask)
        if not len(places):
            continue
        best = np.argpartition(-cosines[:, places], min(10, len(places) - 1), axis=1)[:, :10]
        shares = [np.isin(places[row], list(hits)).mean() for row, hits in zip(best, answers[name], strict=True)]
        rows.append([f"recall@10, filter {name}", f"{np.mean(shares):.4f}"])
    return rows


def _median(search: Callable[[], object]) -> str:
    times = []
    for _ in range(9):
        start = time.process_time()
        search()
        times.append(time.process_time() - start)
    return f"{1e3 * np.median(times):.1f}"


def memory() -> dict[str, int]:
    """Memory of this process, in MB."""
    lines = [line.split() for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines()]
    return {words[0][:-1]: int(words[1]) >> 10 for words in lines if words[0].startswith(("Rss", "VmHWM"))}


def size(folder: Path) -> int:
    """What the files of a folder take, in MB."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) >> 20


if __name__ == "__main__":
    main()
