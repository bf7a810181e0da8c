"""Memory must not follow the length of a catalog, but for some bytes an item_id."""

import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from sosie.sources.opening import open_source
from support.tables import write_csv, write_furniture, write_jsonl, write_parquet, write_product

SMALL, LARGE = 1_000, 10_000
BYTES_A_ROW = 300
LONG = "a description of some length " * 10


def rows(n: int) -> list[dict[str, object]]:
    return [{"item_id": f"id-{i}", "image": "http://h/a.jpg", "text": LONG, "n": i} for i in range(n)]


def furniture(path: Path, n: int) -> Path:
    images = ({"image_id": i, "url": [f"http://h/{i}?{LONG}"]} for i in range(n))
    return write_furniture(path, images, ({"image_id": i, "label_id": i % 128} for i in range(n)))


FILES: dict[str, Callable[[Path, int], Path]] = {
    "csv": lambda at, n: write_csv(at / f"{n}.csv", rows(n)),
    "jsonl": lambda at, n: write_jsonl(at / f"{n}.jsonl", rows(n)),
    "parquet": lambda at, n: write_parquet(at / f"{n}.parquet", rows(n)),
    "product": lambda at, n: write_product(
        at / f"{n}.json", ({"id": f"{i:032x}", "url": f"http://h/{i}?{LONG}", "class": i % 9} for i in range(n))
    ),
    "furniture": lambda at, n: furniture(at / f"{n}.json", n),
}


def peak(path: Path) -> int:
    tracemalloc.start()
    assert _length(open_source(path)) == int(path.stem)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def _length(entries: Iterable[object]) -> int:
    return sum(1 for _ in entries)


@pytest.mark.parametrize("kind", FILES)
def test_ten_times_the_rows_need_little_more_memory(tmp_path: Path, kind: str) -> None:
    small, large = (FILES[kind](tmp_path, n) for n in (SMALL, LARGE))
    peak(small)
    more = peak(large) - peak(small)
    assert more / (LARGE - SMALL) < BYTES_A_ROW
