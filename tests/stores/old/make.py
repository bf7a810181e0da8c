"""Makes the stores of an earlier version that ``test_old_stores.py`` opens, and writes what that version answered.

    PYTHONPATH=OLD_CHECKOUT/src:tests python tests/stores/old/make.py tests/stores/old/COMMIT

``COMMIT`` is the version whose code runs. A version whose stores differ from the last gets a folder of its own beside
the others, which stay for good.
"""

import csv
import json
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from sosie.catalog import Catalog
from support.pictures import draw_picture
from support.textures import draw_print, seen_from, turned

PRODUCTS, VIEWS, SIDE, K = 9, 6, 160, 5
QUERIES = (0, 3, 7)
WHERE = "kind=b"


def picture_of(product: int) -> Image.Image:
    """A print of the size of a thumbnail."""
    return draw_print(product).resize((SIDE, SIDE))


def photo_of(product: int, view: int) -> Image.Image:
    """A customer's photo: turned, blurred, dim, and the color of the lamp."""
    rng = np.random.default_rng([product, view])
    seen = seen_from(draw_print(product), turned(float(rng.uniform(-20, 20)), 0.62, 400, 320), (320, 320), ground=40)
    seen.paste(draw_picture(500 + view, (90, 70)), (int(rng.integers(0, 230)), int(rng.integers(0, 250))))
    dim = ImageEnhance.Brightness(seen).enhance(float(rng.uniform(0.5, 0.8)))
    lamp = Image.new("RGB", dim.size, (255, 180, 60))
    return Image.blend(dim, lamp, 0.25).filter(ImageFilter.GaussianBlur(0.8))


def main(into: Path) -> None:
    """Every store with its answers."""
    into.mkdir(parents=True, exist_ok=True)
    expected = {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        catalog_csv, labeled_csv = draw_everything(work)
        for kind, learn in KINDS.items():
            store = work / f"{kind}.sosie"
            with Catalog(store) as catalog:
                catalog.index(catalog_csv, details=kind != "plain")
                learn(catalog, labeled_csv)
                expected[kind] = answers_of(catalog, work)
            pack(into / f"{kind}.tar.xz", store)
        pack(into / "queries.tar.xz", work / "queries")
    (into / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def draw_everything(work: Path) -> tuple[Path, Path]:
    """A catalog and labeled photos as CSV files with their pictures, and the queries."""
    for folder in ("items", "photos", "queries"):
        (work / folder).mkdir()
    items, photos = [], []
    for product in range(PRODUCTS):
        picture_of(product).save(work / "items" / f"{product}.png")
        items.append((f"i{product:02}", f"p{product:02}", f"items/{product}.png", "abc"[product % 3], 10 + product))
        for view in range(VIEWS):
            photo_of(product, view).save(work / "photos" / f"{product}-{view}.png")
            photos.append((f"q{product}-{view}", f"p{product:02}", f"photos/{product}-{view}.png"))
    for product in QUERIES:
        photo_of(product, VIEWS).resize((240, 240)).save(work / "queries" / f"{product}.jpg", quality=85)
    draw_print(99).resize((240, 240)).save(work / "queries" / "stranger.jpg", quality=85)
    write_csv(work / "catalog.csv", ("item_id", "product_id", "image", "kind", "price"), items)
    write_csv(work / "labeled.csv", ("item_id", "product_id", "image"), photos)
    return work / "catalog.csv", work / "labeled.csv"


def write_csv(file: Path, header: tuple[str, ...], rows: list[Any]) -> None:
    """A table with a header."""
    with file.open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows([header, *rows])


def leave_alone(catalog: Catalog, labeled: Path) -> None:
    """Learn nothing."""


def adapt(catalog: Catalog, labeled: Path) -> None:
    """Learn from the labeled photos; they must help."""
    assert catalog.adapt(labeled).helps


def calibrate(catalog: Catalog, labeled: Path) -> None:
    """Learn how probable answers are."""
    catalog.calibrate(labeled, precision=0.8)


def tell(catalog: Catalog, labeled: Path) -> None:
    """Confirm some answers and reject one."""
    photos = labeled.parent / "photos"
    for product in range(3):
        catalog.confirm(photos / f"{product}-0.png", f"i{product:02}")
    catalog.reject(photos / "5-0.png", "i06")


KINDS: dict[str, Callable[[Catalog, Path], None]] = {
    "plain": leave_alone, "details": leave_alone, "adapted": adapt, "calibrated": calibrate, "feedback": tell,
}  # fmt: skip


def answers_of(catalog: Catalog, work: Path) -> dict[str, Any]:
    """What the test compares: answers to fixed queries, and what the store counts."""
    queries = sorted((work / "queries").iterdir())
    log = catalog.feedback()
    return {
        "items": catalog.stats().items,
        "feedback": [[entry.opinion, entry.item_id, entry.content_sha256] for entry in log.entries],
        "searches": {file.stem: told_of(catalog.search(file, K)) for file in queries},
        "where": {file.stem: told_of(catalog.search(file, K, where=WHERE)) for file in queries},
        "similar": told_of(catalog.similar("i01", K)),
    }


def told_of(result: Any) -> dict[str, Any]:
    """What of a result must stay as it is."""
    whole = result.to_dict()
    names = ("rank", "item_id", "product_id", "score", "same_product", "attributes", "views")
    matches = [
        {name: item[name] for name in names} | {"inliers": item["evidence"].get("inliers")} for item in whole["matches"]
    ]
    return {"verdict": whole["verdict"], "calibration": whole["calibration"], "matches": matches}


def pack(archive: Path, folder: Path) -> None:
    """The folder in an archive, the same bytes for the same files."""

    def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
        info.uid = info.gid = info.mtime = 0
        info.uname = info.gname = ""
        return info

    with tarfile.open(archive, "w:xz", preset=9) as tar:
        tar.add(folder, folder.name, filter=plain)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
