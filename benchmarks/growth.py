"""A large local store day after day: time, what is written again and again, memory and recall.

    PYTHONPATH=src:benchmarks python benchmarks/growth.py --pictures FOLDER… [--items 200000 | --store FOLDER]

The store is filled in daily batches of ``--adds``, or copied from what ``scale.py`` keeps, and then lives for some
days: each day items are added, others deleted, others get another price, and the maintenance runs that ends every
`sosie index`. Vectors are mixtures of those of real pictures (``engines/vectors.py``). Recall is measured with items
of the store, as `sosie check --recall` does.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from engines.vectors import Matrix, embedded, mixtures
from report import table, write_section

from sosie.catalog.recall import measure_recall
from sosie.stores.local import open_local
from sosie.stores.local.snapshots.published import Snapshots
from sosie.stores.local.snapshots.series import Series
from sosie.stores.local.store import LocalStore
from sosie.types import EmbedderIdentity, Manifest, Record

NAME = "embedding@1"
BATCH = 1000
SHOWN = 5
EXPLANATION = """{begin}, then {days} days of {adds:,} adds, {deletes:,} deletes and {changes:,} price
changes each. *Written* is how many rows of segments of embeddings (and of attributes) were written for each row set;
*disk* is how many MB the process handed to the disk in a day. *Search* is the median, k = 10. All times are processor
time."""


def main() -> None:
    """Fill, live, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, nargs="+", required=True)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--store", type=Path, help="begin with a copy of the store in this folder of scale.py")
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--adds", type=int, default=5000)
    parser.add_argument("--deletes", type=int, default=5000)
    parser.add_argument("--changes", type=int, default=20_000)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    if given.store:
        shutil.copytree(given.store / "shop.sosie", folder / "shop.sosie")
    shop = Shop(folder / "shop.sosie", embedded(given.pictures))
    if given.store:
        given.items = len(shop.items)
        begin = f"A store of {given.items:,} items, filled at once"
        rows = [shop.state("as filled")]
    else:
        begin = f"Filled to {given.items:,} items in daily batches of {given.adds:,}"
        rows = [shop.days(given.items // given.adds, given.adds, 0, 0, f"filled to {given.items:,}")]
    print(rows[-1], flush=True)
    for first in range(0, given.days, SHOWN):
        days = min(SHOWN, given.days - first)
        name = f"days {first + 1} to {first + days}"
        rows.append(shop.days(days, given.adds, given.deletes, given.changes, name))
        print(rows[-1], flush=True)
    columns = ["", "writing, s a day", "maintenance, s a day", "written", "attributes written", "disk, MB a day"]
    columns += ["items", "segments", "search, ms", "recall@10", "`ann/`, MB", "own memory, MB"]
    source = "--store FOLDER" if given.store else f"--items {given.items}"
    command = f"PYTHONPATH=src:benchmarks python benchmarks/growth.py --pictures FOLDER… {source} --days {given.days} "
    command += f"--adds {given.adds} --deletes {given.deletes} --changes {given.changes}"
    body = f"{EXPLANATION.format(begin=begin, **vars(given))}\n\n{table(columns, rows)}"
    write_section(f"Growth, {given.items:,} items", command, body)
    shutil.rmtree(folder)


@dataclass
class Written:
    """Rows written into segments, by what they hold."""

    rows: dict[str, int] = field(default_factory=dict)

    def watch(self) -> None:
        build = Snapshots.build

        def counted(snapshots: Snapshots, series: Series[Any], after: int, until: int) -> int:
            rows = build(snapshots, series, after, until)
            self.rows[series.label] = self.rows.get(series.label, 0) + rows
            return rows

        Snapshots.build = counted  # type: ignore[method-assign]


class Shop:
    """A store, and what lies in it."""

    def __init__(self, folder: Path, real: Matrix) -> None:
        identity = EmbedderIdentity("mixtures", "0" * 64, real.shape[1])
        types: dict[str, Any] = {"brand": "string", "price": "number"}
        manifest = Manifest(identity, {NAME: real.shape[1]}, {"embedding": NAME}, types)
        store = open_local(folder) if folder.exists() else open_local(folder, manifest)
        assert isinstance(store, LocalStore)
        self.store, self.folder, self.real = store, folder, real
        self.random = np.random.default_rng(0)
        self.items = [record.item_id for record in store.scan()]
        self.next = 0
        self.written = Written()
        self.written.watch()

    def days(self, days: int, adds: int, deletes: int, changes: int, name: str) -> list[object]:
        """What some days cost, and how it is afterwards."""
        before, disk = dict(self.written.rows), written_bytes()
        writing, upkeep = 0.0, 0.0
        for _ in range(days):
            records = list(self._new(adds))
            start = time.process_time()
            self._write(records, deletes, changes)
            middle = time.process_time()
            self.store.optimize()
            writing, upkeep = writing + middle - start, upkeep + time.process_time() - middle
        vectors, attributes = (self.written.rows.get(n, 0) - before.get(n, 0) for n in (NAME, "attributes"))
        disk = written_bytes() - disk
        return [
            name, f"{writing / days:.1f}", f"{upkeep / days:.1f}", f"{vectors / (adds * days):.1f}",
            f"{attributes / ((adds + deletes + changes) * days):.1f}", f"{disk / days / 2**20:,.0f}",
            *self.state(name)[6:],
        ]  # fmt: skip

    def state(self, name: str) -> list[object]:
        """How the store is, without what it cost."""
        return [
            name, *["–"] * 5, f"{len(self.items):,}", self._segments(), f"{self._search():.1f}",
            f"{measure_recall(self.store):.4f}", f"{self._disk():,}", f"{own_memory():,}",
        ]  # fmt: skip

    def _new(self, number: int) -> Iterator[list[Record]]:
        for start in range(0, number, BATCH):
            vectors = mixtures(self.real, min(BATCH, number - start), self.random)
            yield [self._record(vector) for vector in vectors]

    def _record(self, vector: Matrix) -> Record:
        self.next += 1
        item_id = f"item-{self.next:07}"
        attributes = {"brand": f"brand {self.random.zipf(1.3) % 3000}", "price": round(self.random.gamma(2, 30), 2)}
        return Record(
            item_id, item_id, f"https://shop.example/{self.next}.jpg", attributes=attributes,
            content_sha256=f"{self.next:064x}", vectors={NAME: vector},
        )  # fmt: skip

    def _write(self, batches: list[list[Record]], deletes: int, changes: int) -> None:
        gone = set(self.random.choice(len(self.items), deletes, replace=False).tolist()) if deletes else set()
        self.store.delete([self.items[place] for place in gone])
        self.items = [item for place, item in enumerate(self.items) if place not in gone]
        for records in batches:
            self.store.upsert(records)
            self.items += [record.item_id for record in records]
        priced = self.random.choice(self.items, changes, replace=False).tolist() if changes else []
        for start in range(0, len(priced), BATCH):
            records = self.store.get(priced[start : start + BATCH])
            self.store.update({record.item_id: {**record.attributes, "price": start + 0.5} for record in records})

    def _search(self) -> float:
        queries = mixtures(self.real, 51, np.random.default_rng(7))
        times = []
        for query in queries:
            start = time.process_time()
            self.store.search(NAME, query[None], 10)
            times.append(time.process_time() - start)
        return 1e3 * float(np.median(times[1:]))

    def _segments(self) -> int:
        return sum(1 for entry in (self.folder / "ann").glob("embedding*") if entry.is_dir())

    def _disk(self) -> int:
        return sum(file.stat().st_size for file in (self.folder / "ann").rglob("*") if file.is_file()) >> 20


def written_bytes() -> int:
    """What this process has handed to the disk."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def own_memory() -> int:
    """What the process has of its own, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) >> 10


if __name__ == "__main__":
    main()
