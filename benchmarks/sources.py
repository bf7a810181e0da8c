"""Reads and plans catalogs as long as the challenge's: 1,011,532 rows, each in a process of its own.

python benchmarks/sources.py [ROWS]
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from report import table, write_section

from sosie.sources.opening import open_source

ROWS = 1_011_532
CLASSES = 2_019
WORKBOOK_ROWS = 100_000


def url(n: int) -> str:
    return f"http://img{n % 5000}.example.com/shop/products/{n * 2654435761 % 2**48:012x}/large_{n}.jpg"


def write_product(path: Path, rows: int) -> None:
    images = ({"id": f"{n * 0x9E3779B97F4A7C15 % 2**128:032x}.jpg", "url": url(n), "class": n % CLASSES}
              for n in range(rows))  # fmt: skip
    with path.open("w") as file:
        file.writelines(chain(['{"images": ['], _separated(images), ["]}"]))


def write_furniture(path: Path, rows: int) -> None:
    images = _separated({"url": [url(n)], "image_id": n} for n in range(rows))
    annotations = _separated({"image_id": n, "label_id": n % 128} for n in range(rows))
    with path.open("w") as file:
        file.writelines(chain(['{"images": ['], images, ['], "annotations": ['], annotations, ["]}"]))


def write_csv(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("item_id", "image", "title", "price", "stock"))
        writer.writerows((f"sku-{n}", url(n), f"Product number {n}", n / 100, "true") for n in range(rows))


def write_google(path: Path, rows: int) -> None:
    """A Google Merchant feed, each item with the fields that most shops fill."""
    with path.open("w") as file:
        file.write('<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>')
        file.writelines(
            f"<item><g:id>sku-{n}</g:id><g:title>Product number {n}</g:title><g:description>Some words</g:description>"
            f"<g:link>https://shop.example/p/{n}</g:link><g:image_link>{url(n)}</g:image_link>"
            f"<g:price>{n / 100:.2f} EUR</g:price><g:brand>B{n % 100}</g:brand><g:gtin>{4006381000000 + n}</g:gtin>"
            "<g:product_type>Home &gt; Mugs</g:product_type></item>\n"
            for n in range(rows)
        )
        file.write("</channel></rss>")


def write_workbook(path: Path, rows: int) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(("item_id", "image", "title", "price", "stock"))
    for n in range(min(rows, WORKBOOK_ROWS)):
        sheet.append((f"sku-{n}", url(n), f"Product number {n}", n / 100, True))
    book.save(path)


def _separated(values: Iterable[object]) -> Iterator[str]:
    for number, value in enumerate(values):
        yield (", " if number else "") + json.dumps(value)


FILES: dict[str, tuple[str, Callable[[Path, int], None], str]] = {
    "Product 2019": ("product.json", write_product, ""),
    "Product 2019, one label": ("product.json", write_product, "12"),
    "Furniture 2018": ("furniture.json", write_furniture, ""),
    "CSV": ("table.csv", write_csv, ""),
    "Google XML": ("feed.xml", write_google, ""),
    "xlsx, 100,000 rows": ("table.xlsx", write_workbook, ""),
}


def measure(path: str, label: str) -> None:
    """Prints items, seconds, seconds of the processor and MiB at the peak of reading a source to its end."""
    started = time.perf_counter()
    items = sum(1 for _ in open_source(path, label=label or None))
    print(json.dumps((items, time.perf_counter() - started, time.process_time(), peak_mebibytes())))


def peak_mebibytes() -> float:
    """Of this program alone: ``getrusage`` would begin with what its parent had held."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def in_a_process_of_its_own(path: Path, label: str) -> tuple[str, ...]:
    done = subprocess.run(
        [sys.executable, __file__, "--measure", str(path), label], check=True, capture_output=True, text=True
    )
    items, seconds, processor, peak = json.loads(done.stdout)
    return f"{items:,}", f"{seconds:.1f}", f"{processor:.1f}", f"{peak:.0f}"


def main(rows: int) -> None:
    rows_read = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (file, write, label) in FILES.items():
            path = Path(folder, file)
            if not path.exists():
                write(path, rows)
            rows_read.append((name, *in_a_process_of_its_own(path, label)))
    body = (
        f"Sources of {rows:,} rows, read to the end and checked for repeated ids; {os.cpu_count()} cores, load of the "
        f"machine {os.getloadavg()[0]:.1f}. Limits: CSV 20 s, XML 60 s, xlsx 30 s, 200 MB.\n\n"
    )
    body += table(("source", "items", "seconds", "of the processor", "peak MiB"), rows_read)
    print(body)
    write_section("Sources", "python benchmarks/sources.py", body)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(*sys.argv[2:4])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else ROWS)
