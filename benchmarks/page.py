"""How soon the page shows something over a slow line: 400 kbit/s each way and 400 ms to an answer.

    PYTHONPATH=src:tests:benchmarks python benchmarks/page.py

Chromium's own throttling; needs Debian's chromium. The server runs on this machine, so that its time is in the figures.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from pathlib import Path

from filled import cache_folder
from playwright.sync_api import Browser, sync_playwright
from report import table, write_section

import sosie
from sosie.demo import draw_catalog, draw_customer_photos
from support.served import served

COMMAND = "PYTHONPATH=src:tests:benchmarks python benchmarks/page.py"
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Bytes a second and milliseconds."""
SIZES = {"phone": (390, 844), "screen": (1440, 900)}
EXPLANATION = """400 kbit/s each way, 400 ms before each answer, empty cache, medians of the runs. *first picture*: from
the address to the first picture of the catalog. *photo to answer*: from choosing a photo to the first match."""
FIRST_PICTURE = "() => [...document.querySelectorAll('.tile img')].some((img) => img.complete && img.naturalWidth)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--photo", type=Path, help="a photo in place of the demo's")
    parser.add_argument("--quick", action="store_true", help="one run; writes nothing")
    arguments = parser.parse_args()
    runs = 1 if arguments.quick else arguments.runs
    demo = drawn_demo(cache_folder() / "page-demo")
    photo = arguments.photo or demo / "photos" / "photo-01.jpg"
    rows = []
    with sync_playwright() as driver, served(demo / "demo.sosie") as site:
        chromium = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, (width, height) in SIZES.items():
            times = [measure(browser, site.url, width, height, photo) for _ in range(runs)]
            first, answer, server, size = map(statistics.median, zip(*times, strict=True))
            rows.append((name, f"{first:.2f}", f"{answer:.2f}", f"{server:.2f}", f"{size / 1000:.0f}"))
            print(*rows[-1], sep="\t", flush=True)
    if not arguments.quick:
        columns = (
            "window",
            "first picture, s",
            "photo to answer, s",
            "of it in the server, s",
            "KB until the first picture",
        )
        write_section("The page over a slow line", COMMAND, f"{EXPLANATION}\n\n{table(columns, rows)}")


def drawn_demo(folder: Path) -> Path:
    """A folder with the demo's pictures, photos and store."""
    if not folder.exists():
        draw_customer_photos(folder)
        with sosie.open(str(folder / "demo.sosie")) as catalog:
            catalog.index(draw_catalog(folder))
    return folder


def measure(browser: Browser, url: str, width: int, height: int, photo: Path) -> tuple[float, float, float, int]:
    """Seconds to the first picture, from a photo to the answer and of that in the server; bytes until the first."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    slow = context.new_cdp_session(page)
    sizes: list[int] = []
    slow.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions", SLOW)
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_function(FIRST_PICTURE)
    first, size = time.perf_counter() - began, sum(sizes)
    page.wait_for_load_state("networkidle")
    began = time.perf_counter()
    with page.expect_response("**/v1/search") as answered:
        page.set_input_files("#choose", photo)
    page.wait_for_selector(".tile[data-same] .score, .tile .score")
    answer = time.perf_counter() - began
    server = sum(answered.value.json()["results"][0]["timings"].values())
    context.close()
    return first, answer, server, size


if __name__ == "__main__":
    main()
