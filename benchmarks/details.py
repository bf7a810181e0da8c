"""What details cost, and how much more often they put the right product first.

    PYTHONPATH=src:benchmarks python benchmarks/details.py

Every weight was chosen on train photos; the val photos are searched once, at the end. Embeddings are kept in
.cache/quality, so that a second run takes a few minutes.
"""

import csv
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from grocery import FOLDER, Photos, interval_over_products
from PIL import Image
from quality import Bench, similarities
from report import table, write_section
from with_details import DetailedCatalog

from sosie.adaptation.choosing import choose
from sosie.details.base import CATALOG_PICTURE, PHOTO, ExtractionSettings
from sosie.details.candidates import DetailsCandidate, Geometry, compare_candidates
from sosie.details.codec import MOST_BYTES, pack, unpack
from sosie.details.extract import extract
from sosie.details.verify import verify
from sosie.images.decode import decode
from sosie.types import Vectors

COMMAND = "PYTHONPATH=src:benchmarks python benchmarks/details.py"
EXPLANATION = """Shop-floor photos against 81 catalog pictures; looks are the `trio` embedder, the mean of four
views. *With details*: the first 20 by looks and the first 20 by visual words are compared, and ordered by cosine,
agreement and preference with the shipped weights, for which no label of val was used. *Adapted*: as in the section on
adaptation. Times are processor time of one core, the least of several runs."""

AS_BEFORE = ExtractionSettings(points=600, side=480, contrast=0.02)
"""What every picture got in version 0.1.0."""


def main() -> None:
    cv2.setNumThreads(1)
    bench = Bench("trio")
    catalog = DetailedCatalog([opened(path) for path in bench.catalog.paths], bench.catalog.products)
    parts = [EXPLANATION, costs(bench, catalog), quality(bench, catalog)]
    write_section("Details", COMMAND, "\n\n".join(parts))
    print("\n\n".join(parts))


def opened(path: Path) -> Image.Image:
    return decode(path.read_bytes())


def costs(bench: Bench, catalog: DetailedCatalog) -> str:
    photos = [opened(path) for path in bench.train.paths[::120]]
    eshop = [opened(path) for path in sorted((FOLDER.parent / "eshop_catalog").glob("*.webp"))[::5]]
    shown = [*eshop, *(opened(path) for path in bench.catalog.paths[::8])]
    rows = []
    for name, settings, pictures in (
        ("a catalog picture", CATALOG_PICTURE, shown),
        ("a photo", PHOTO, photos),
        ("a catalog picture, as before", AS_BEFORE, shown),
        ("a photo, as before", AS_BEFORE, photos),
        ("a plain picture", CATALOG_PICTURE, [Image.new("RGB", (600, 600), "beige")]),
    ):
        took = [least(partial(extract, picture, settings)) for picture in pictures]
        rows.append([f"extract, {name}", f"{np.mean(took):.0f}", f"{np.max(took):.0f}"])
    query, candidates = extract(photos[0]), [catalog.candidate(row) for row in range(0, 80, 4)]
    verified = [least(partial(verify, query, candidate.details)) for candidate in candidates]
    rows.append(["match and verify one candidate", f"{np.mean(verified):.1f}", f"{np.max(verified):.1f}"])
    compared = [least(partial(compared_with, picture, candidates)) for picture in photos[:5]]
    rows.append(["extract, compare with 20 candidates", f"{np.mean(compared):.0f}", f"{np.max(compared):.0f}"])
    packed = [least(partial(repacked, blob)) for blob in catalog.blobs[:10]]
    rows.append(["unpack and pack", f"{np.mean(packed):.1f}", f"{np.max(packed):.1f}"])
    sizes = [len(blob) for blob in catalog.blobs] + [len(pack(extract(picture, CATALOG_PICTURE))) for picture in eshop]
    said = f"Bytes an item: {np.mean(sizes):,.0f} on the mean, {max(sizes):,} at most ({MOST_BYTES:,} allowed)."
    return table(["work", "ms", "at most"], rows) + "\n\n" + said


def compared_with(picture: Image.Image, candidates: list[DetailsCandidate]) -> list[Geometry]:
    return compare_candidates(extract(picture), picture, candidates)


def repacked(blob: bytes) -> bytes:
    return pack(unpack(blob))


def least(work: Callable[[], object], runs: int = 3) -> float:
    """Milliseconds of processor time."""
    took = []
    for _ in range(runs):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return 1000 * min(took)


def quality(bench: Bench, catalog: DetailedCatalog) -> str:
    projection = choose(bench.labeled()).projection
    looks = {
        "as it is": similarities(bench.val_views, bench.gallery, None),
        "adapted": similarities(bench.val_views, bench.gallery, projection),
    }
    category = np.array([row["category"] for row in rows_of("shopfloor_val")])
    rows = []
    hits = hits_with_details(bench.val, catalog, looks)
    for name, cosines in looks.items():
        alone = bench.catalog.products[cosines.argmax(axis=1)] == bench.val.products
        for way, right in ((f"{name}, looks alone", alone), (f"{name}, with details", hits[name])):
            packages = right[category == "Packages"]
            low, high = interval_over_products(right, bench.val.products)
            rows.append([way, f"{right.mean():.3f}", f"{low:.3f} … {high:.3f}", f"{packages.mean():.3f}"])
    return table(["val, 296 photos", "hit rate@1", "95 %", "its 100 packages"], rows)


def hits_with_details(photos: Photos, catalog: DetailedCatalog, looks: dict[str, Vectors]) -> dict[str, np.ndarray]:
    """Whether each photo's product ranks first with details, for each kind of looks."""
    hits: dict[str, list[bool]] = {name: [] for name in looks}
    for place, path in enumerate(photos.paths):
        picture = opened(path)
        query = extract(picture)
        for name, cosines in looks.items():
            answer = catalog.search(picture, query, cosines[place])
            hits[name].append(bool(catalog.products[answer.order[0]] == photos.products[place]))
    return {name: np.array(right) for name, right in hits.items()}


def rows_of(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
