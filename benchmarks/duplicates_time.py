"""How long `sosie duplicates` takes as a catalog grows: drawn pictures, a tenth of them edited copies.

PYTHONPATH=src:tests:benchmarks python benchmarks/duplicates_time.py 1000 10000
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from report import table, write_section

from sosie.details.kept import extract_stored_details
from sosie.duplicates import find_duplicates
from sosie.images.transform import encode_thumbnail, pixels_of
from sosie.stores.base import Store
from sosie.stores.opening import open_store
from sosie.types import DETAILS, EMBEDDING, THUMBNAIL, EmbedderIdentity, Manifest, Record
from support.catalogs import VECTOR
from support.edits import EDITS
from support.embedders import GridEmbedder
from support.textures import draw_print

COPIES = 10
BATCH = 250


def main() -> None:
    rows = [measure(int(size)) for size in sys.argv[1:]]
    columns = [
        "items",
        "pairs compared",
        "pairs an item",
        "seconds",
        "CPU seconds",
        "CPU ms an item",
        "copies found",
        "false groups",
        "peak MB",
    ]
    command = f"PYTHONPATH=src:tests:benchmarks python benchmarks/duplicates_time.py {' '.join(sys.argv[1:])}"
    write_section("Duplicates: time", command, table(columns, rows))


def measure(size: int) -> list[object]:
    """One row of the table."""
    spec = GridEmbedder.spec
    identity = EmbedderIdentity(spec.name, spec.fingerprint, spec.dim)
    manifest = Manifest(identity, vectors={VECTOR: spec.dim}, active={EMBEDDING: VECTOR})
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(str(Path(folder) / "shop.sosie"), create=manifest)
        fill(store, size)
        began = time.process_time()
        report = find_duplicates(store)
        busy = time.process_time() - began
        store.close()
    copies = sum(len(group.items) - 1 for group in report.groups)
    false = sum(len({item_id.split("-")[0] for item_id in group.items}) > 1 for group in report.groups)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    row = [
        f"{size:,}", f"{report.compared:,}", f"{report.compared / size:.1f}", f"{report.seconds:.0f}",
        f"{busy:.0f}", f"{busy / size * 1000:.0f}", f"{copies:,} of {size // COPIES:,}", false, peak,
    ]  # fmt: skip
    print(*row, flush=True)
    return row


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
