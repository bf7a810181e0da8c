"""How long `sosie duplicates` takes as a catalog grows: drawn pictures, a tenth of them edited copies.

PYTHONPATH=src:tests:benchmarks python benchmarks/duplicates_time.py 1000 10000 [--stores FOLDER…]

A store that is measured beside them, such as those that ``exact.py`` keeps in the cache folder, is not changed. Of its
groups only the number is reported, since it does not say which pictures are copies.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from report import table, write_section

from sosie.details.kept import extract_stored_details
from sosie.duplicates import DuplicateReport, find_duplicates
from sosie.images.transform import encode_thumbnail, pixels_of
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.types import DETAILS, EMBEDDING, THUMBNAIL, EmbedderIdentity, Manifest, Record
from support.catalogs import VECTOR
from support.edits import EDITS
from support.embedders import GridEmbedder
from support.textures import draw_print

EXPLANATION = """Seconds are those of the clock, with one worker more than the cores; CPU seconds are those of all
threads, and the figure to compare on a machine with other work."""
COPIES = 10
BATCH = 250


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*")
    parser.add_argument("--stores", type=Path, nargs="+", default=[])
    given = parser.parse_args()
    rows = [measure_drawn(size) for size in given.sizes]
    rows += [measure(open_store(str(folder)), f"{folder.stem}, kept by `exact.py`")[0] for folder in given.stores]
    columns = [
        "items",
        "pairs",
        "pairs an item",
        "seconds",
        "CPU seconds",
        "CPU ms an item",
        "peak MB",
        "groups",
        "copies found",
        "false groups",
    ]
    shown = ["PYTHONPATH=src:tests:benchmarks python benchmarks/duplicates_time.py", *map(str, given.sizes)]
    command = " ".join([*shown, *["--stores FOLDER…"] * bool(given.stores)])
    write_section("Duplicates: time", command, f"{EXPLANATION}\n\n{table(columns, rows)}")


def measure_drawn(size: int) -> list[object]:
    """The row of a store of drawn pictures."""
    spec = GridEmbedder.spec
    identity = EmbedderIdentity(spec.name, spec.fingerprint, spec.dim)
    manifest = Manifest(identity, vectors={VECTOR: spec.dim}, active={EMBEDDING: VECTOR})
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(str(Path(folder) / "shop.sosie"), create=manifest)
        fill(store, size)
        row, report = measure(store, f"{size:,}")
    copies = sum(len(group.items) - 1 for group in report.groups)
    false = sum(len({item_id.split("-")[0] for item_id in group.items}) > 1 for group in report.groups)
    return [*row[:-2], f"{copies:,} of {size // COPIES:,}", false]


def measure(store: Store, name: str) -> tuple[list[object], DuplicateReport]:
    """The row of a store, and what was found; closes the store."""
    began = time.process_time()
    report = find_duplicates(store)
    busy = time.process_time() - began
    store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    row = [
        name, f"{report.compared:,}", f"{report.compared / report.items:.1f}", f"{report.seconds:.0f}", f"{busy:.0f}",
        f"{busy / report.items * 1000:.1f}", peak, f"{len(report.groups):,}", "–", "–",
    ]  # fmt: skip
    print(*row, flush=True)
    return row, report


def fill(store: Store, size: int) -> None:
    records = drawn(size)
    for _ in range(0, size, BATCH):
        store.upsert([record for _, record in zip(range(BATCH), records, strict=False)])
    store.optimize()


def drawn(size: int) -> Iterator[Record]:
    """Every tenth picture is an edited copy of the one before."""
    embedder, edits = GridEmbedder(), list(EDITS.values())
    for number in range(size):
        copy = number % COPIES == COPIES - 1
        picture = draw_print(number - copy, 256)
        if copy:
            picture = edits[number // COPIES % len(edits)](picture.resize((400, 400)))
        vector = embedder.embed(pixels_of([picture], embedder.spec.transforms))[0]
        item_id = f"{number - copy:06}-{'copy' if copy else 'item'}"
        yield Record(
            item_id, item_id, item_id, content_sha256=item_id, vectors={VECTOR: vector},
            blobs={THUMBNAIL: encode_thumbnail(picture), DETAILS: extract_stored_details(picture).sealed},
        )  # fmt: skip


if __name__ == "__main__":
    main()
