"""Which bundled network, or which join of them, answers best: every one on every labeled set, with speed and size.

    PYTHONPATH=src:benchmarks python benchmarks/networks.py

Four views of each photo, as a search takes them; without details and with them; against the catalog that has the
products, and against all catalogs and the photos of clothes together. Every network is run once, and joins are put
together of its vectors. What was computed is kept in the cache folder.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from exact_pictures import rows_of
from filled import cache_folder
from grocery import FOLDER, Hits, interval_over_products
from report import table, write_section

from sosie.catalog import Catalog
from sosie.details import candidates
from sosie.details.aligning import Aligned, Lab
from sosie.details.base import Details
from sosie.details.candidates import DetailsCandidate
from sosie.details.verify import Agreement, VerificationSettings
from sosie.embedders.bundled import NETWORKS, WEIGHTS
from sosie.embedders.registry import JOINS, load
from sosie.knowledge.generations import OWN
from sosie.knowledge.knowledge import Knowledge
from sosie.searching import verifying
from sosie.searching.query import Query, QueryMaker
from sosie.searching.searcher import Searcher
from sosie.searching.verifying import Verifier
from sosie.stores.base import Store
from sosie.stores.manifests import change_manifest
from sosie.stores.opening import open_store
from sosie.support.blas import one_blas_thread
from sosie.support.timing import Stopwatch
from sosie.types import DETAILS, EMBEDDING, THUMBNAIL, VISUAL_WORDS, Hit, Manifest, Record, Vectors

T = TypeVar("T")

DATA = FOLDER.parent
EVERY = "+".join(NETWORKS)
M, L0, L1 = "mobilenet_v2", "efficientnet_lite0", "efficientnet_lite1"
NAMES = (*NETWORKS, f"{M}+{L0}", "duo", f"{L0}+{L1}", f"{M}+{L0}+{L1}", "trio", EVERY)
CATALOGS = {
    "groceries": "grocery_store/catalogue.csv",
    "household": "jsk_objects/catalog.csv",
    "cosmetics": "abantecart_beauty/catalog.csv",
    "eshop": "eshop_catalog/catalog.csv",
    "clothes": "clothing/catalog.csv",
}
DETAILED = (M, L1, f"{M}+{L0}", "duo", f"{M}+{L0}+{L1}", "trio", EVERY)
MODES = ("looks, own", "looks, all", "details, own", "details, all")
REPEATS = 5
CODE = "from sosie.embedders.registry import load; import numpy as np; e = load({name!r}); e.embed({pixels})"
PIXELS = "[np.zeros((1, 3, t.size, t.size), 'float32') for t in e.spec.transforms]"


@dataclass(frozen=True)
class Photos:
    """Photos of one kind: whose catalog has their products, their table, which rows, and every how many."""

    catalog: str
    table: str
    splits: tuple[str, ...] = ()
    step: int = 1

    def rows(self) -> list[tuple[str, str]]:
        """Each photo's product and path."""
        rows = [row for row in rows_of(self.table) if not self.splits or row["split"] in self.splits]
        folder = DATA / Path(self.table).parent
        return [(row["product_id"], str(folder / row["image"])) for row in rows[:: self.step]]


SETS = {
    "groceries, train": Photos("groceries", "grocery_store/shopfloor_train.csv", step=16),
    "groceries, val": Photos("groceries", "grocery_store/shopfloor_val.csv", step=2),
    "household, crops": Photos("household", "jsk_objects/photos.csv", ("crop",)),
    "household, scenes and phone": Photos("household", "jsk_objects/photos.csv", ("scene", "scene_many", "phone")),
    "cosmetics, other views": Photos("cosmetics", "abantecart_beauty/photos.csv", ("other_view",)),
    "cosmetics, other color or part": Photos("cosmetics", "abantecart_beauty/photos.csv", ("colour", "part")),
}
CHOOSING = 4
"""The first four sets decide; cosmetics only judge."""

EXPLANATION = f"""Every sixteenth train photo and every second val photo of groceries, all photos of the other sets.
Hit rate@1, in brackets the difference to `{M}` with 95 % when whole products are drawn again (photos of one
product are no independent witnesses). Every photo in four views. *own*: against the catalog of its products (81, 98 and
73 pictures); *all*: against five catalogs together, of which 1,800 pictures are clothes. *details*: local features
beside the looks, as a store has them by default; candidates stand in the order without a calibration, so that none is
better fitted than another. Choices are made by groceries and household; cosmetics judge alone."""


def main() -> None:
    """Measure what is not in the cache and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=[*SETS], metavar="SET")
    parser.add_argument("--only-measure", action="store_true", help="fill the cache and write nothing")
    given = parser.parse_args()
    outcomes = {name: outcomes_of(name) for name in given.sets}
    if given.only_measure:
        return
    parts = [f"{EXPLANATION}\n"]
    for mode in MODES:
        named = DETAILED if mode.startswith("details") else NAMES
        rows = [[name, *(cell(outcomes[photos], photos, mode, name) for photos in SETS)] for name in named]
        parts.append(f"**{mode}**\n\n{table(('embedder', *SETS), rows)}\n")
    costs = table(("embedder", "ms a picture", "cold ms", "MB", "numbers"), [[name, *cost(name)] for name in NAMES])
    parts.append(
        "*ms a picture*: one thread, batches of 8, the network alone. *Cold ms*: from the start of Python to the first "
        f"vector. Both are processor time, the least of {REPEATS} runs.\n\n{costs}"
    )
    write_section("Networks", "PYTHONPATH=src:benchmarks python benchmarks/networks.py", "\n".join(parts))


def cell(hits: dict[str, Hits], photos: str, mode: str, name: str) -> str:
    """A hit rate, and its difference to the default's."""
    products = np.array([product for product, _ in SETS[photos].rows()])
    own, default = hits[f"{mode}/{name}"], hits[f"{mode}/{M}"]
    if name == M:
        low, high = interval_over_products(own, products)
        return f"{own.mean():.3f} ({low:.3f} … {high:.3f})"
    gain = own.astype(float) - default
    low, high = interval_over_products(gain, products)
    return f"{own.mean():.3f} ({gain.mean():+.3f}: {low:+.3f} … {high:+.3f})"


def outcomes_of(photos: str) -> dict[str, Hits]:
    """Whether the first answer is right, for each mode and embedder (``MODE/NAME``) an array of all photos."""
    file = cache_folder() / f"networks-{photos.replace(' ', '-').replace(',', '')}.npz"
    if not file.exists():
        rows = list(outcomes_of_photos(SETS[photos]))
        np.savez(file, **{key: np.array([row[key] for row in rows]) for key in rows[0]})
    with np.load(file) as kept:
        return dict(kept)


def outcomes_of_photos(photos: Photos) -> Iterator[dict[str, bool]]:
    every = filled()
    own = narrowed(every, photos.catalog)
    questioner = QueryMaker(load(EVERY, threads=1), detailed=True)
    memory = remembering()
    for place, (product, path) in enumerate(photos.rows()):
        memory.forget()
        [query] = questioner.queries([[path]], None, Stopwatch())
        assert isinstance(query, Query), query
        row = {}
        for name in NAMES:
            views = cut(query.views, name)
            for where, store in (("own", own), ("all", every)):
                knowledge = Knowledge(answered_by(store.manifest, name))
                for what, shots in (("looks", ()), ("details", query.shots)):
                    if shots and name not in DETAILED:
                        continue
                    with one_blas_thread():
                        [considered] = Searcher(store, knowledge).consider([Query(views, shots)], 10)
                    first = considered.hits[int(np.argmax(considered.joined))].record.product_id
                    row[f"{what}, {where}/{name}"] = first == product
        yield row
        if place % 50 == 0:
            print(photos, place, time.process_time(), flush=True)


@cache
def remembering() -> Remembering:
    """Put in place once: a second one around the first would keep what the first had of other photos."""
    memory = Remembering()
    candidates.verify, candidates._laid_on = memory.verify, memory.laid_on
    verifying._candidate = memory.candidate
    Verifier.find = lambda *given: memory.find(*given)
    return memory


class Remembering:
    """Compares a photo with an item once, whichever embedder made it a candidate; nothing outlives the photo."""

    def __init__(self) -> None:
        self._verify, self._laid_on, self._find = candidates.verify, candidates._laid_on, Verifier.find
        self._candidate = verifying._candidate
        self._kept: dict[Hashable, Any] = {}

    def forget(self) -> None:
        self._kept.clear()

    def verify(self, query: Details, item: Details, settings: VerificationSettings) -> Agreement | None:
        return self._once((id(query), item.points.tobytes()), lambda: self._verify(query, item, settings))

    def laid_on(self, photo: Lab, candidate: DetailsCandidate, agreement: Agreement | None) -> Aligned | None:
        return self._once(("laid on", candidate.item_id), lambda: self._laid_on(photo, candidate, agreement))

    def candidate(self, record: Record) -> DetailsCandidate | None:
        return self._once(("candidate", record.item_id), lambda: self._candidate(record))

    def find(self, verifier: Verifier, queries: Sequence[Query], where: None) -> list[list[Hit]]:
        return self._once(("find", id(verifier._store)), lambda: self._find(verifier, queries, where))

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept


def generation_of(name: str) -> str:
    """The vectors of an embedder in the store that has those of all."""
    return f"{EMBEDDING}@{NAMES.index(name) + 2}"


def answered_by(manifest: Manifest, name: str) -> Manifest:
    return replace(manifest, active={**manifest.active, EMBEDDING: generation_of(name)})


def cut(vectors: Vectors, name: str) -> Vectors:
    """The unit vectors of an embedder from those of all networks joined."""
    parts = dict(zip(NETWORKS, np.split(vectors * np.sqrt(len(NETWORKS)), len(NETWORKS), axis=1), strict=True))
    chosen = [parts[part] for part in JOINS.get(name, name).split("+")]
    return np.asarray(np.hstack(chosen) / np.sqrt(len(chosen)), np.float32)


def filled() -> Store:
    """All catalogs with the vectors of every embedder and details, made once."""
    uri = str(cache_folder() / "networks.sosie")
    ready = Path(f"{uri}.ready")
    if not ready.exists():
        with Catalog(uri, embedder=EVERY) as catalog:
            for source in CATALOGS.values():
                print(source, catalog.index(DATA / source), flush=True)
        store = open_store(uri)
        add_generations(store)
        store.close()
        ready.touch()
    return open_store(uri)


def add_generations(store: Store) -> None:
    def announce(manifest: Manifest) -> Manifest:
        dims = {generation_of(name): load(name).spec.dim for name in NAMES}
        return replace(manifest, vectors={**manifest.vectors, **dims})

    change_manifest(store, announce)
    records = list(store.scan(fields=(OWN,)))
    ids = [record.item_id for record in records]
    matrix = np.stack([record.vectors[OWN] for record in records])
    for name in NAMES:
        store.put_vectors(generation_of(name), ids, cut(matrix, name))


def narrowed(store: Store, catalog: str) -> Store:
    """The items of one catalog alone."""
    wanted = {row["item_id"] for row in rows_of(CATALOGS[catalog])}
    fields = (*map(generation_of, NAMES), DETAILS, VISUAL_WORDS, THUMBNAIL)
    records = [record for record in store.scan(fields=fields) if record.item_id in wanted]
    assert len(records) == len(wanted), (catalog, len(records), len(wanted))
    small = open_store("memory:", create=store.manifest)
    small.upsert(records)
    return small


def cost(name: str) -> list[str]:
    """Milliseconds a picture, milliseconds from a cold start, megabytes of weights, and numbers in a vector."""
    parts = JOINS.get(name, name).split("+")
    size = sum((WEIGHTS / NETWORKS[part].file).stat().st_size for part in parts)
    return [f"{warm_ms(name):.1f}", f"{cold_ms(name):.0f}", f"{size / 1e6:.1f}", str(load(name).spec.dim)]


def warm_ms(name: str) -> float:
    embedder = load(name, threads=1)
    n = 8
    rng = np.random.default_rng(0)
    pixels = [rng.normal(size=(n, 3, t.size, t.size)).astype(np.float32) for t in embedder.spec.transforms]
    embedder.embed(pixels)
    return 1e3 / n * least(time.thread_time, lambda: embedder.embed(pixels))


def cold_ms(name: str) -> float:
    command = [sys.executable, "-c", CODE.format(name=name, pixels=PIXELS)]
    return 1e3 * least(children_time, lambda: subprocess.run(command, check=True))


def least(clock: Callable[[], float], work: Callable[[], object]) -> float:
    """The fewest seconds of processor time that ``work`` took."""
    taken: list[float] = []
    for _ in range(REPEATS):
        start = clock()
        work()
        taken.append(clock() - start)
    return min(taken)


def children_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
