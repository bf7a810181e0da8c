"""Draw the pictures of the page and of an answer in docs/images.

    python scripts/draw_screenshots.py DEMO

DEMO is the folder that `sosie demo` makes. Needs Chromium: `make chromium`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PORT = 8391
ADDRESS = f"http://127.0.0.1:{PORT}/"
PATIENCE_MS = 60_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path)
    demo: Path = parser.parse_args().demo
    draw_answer(demo)
    path = os.environ.get("SOSIE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with served(demo), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        draw_page(browser, demo / "photos" / "photo-01.jpg")
        browser.close()


def sosie(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "sosie", *map(str, arguments)]


def draw_answer(demo: Path) -> None:
    photos = [demo / "photos" / name for name in ("photo-01.jpg", "photo-05.jpg")]
    sheet = IMAGES / "answer.png"
    subprocess.run(
        sosie("search", *photos, "--store", demo / "demo.sosie", "-k", 5, "-q", "--sheet", sheet), check=True
    )


@contextmanager
def served(demo: Path) -> Iterator[None]:
    server = subprocess.Popen(
        sosie("serve", "--store", demo / "demo.sosie", "--port", str(PORT)), stderr=subprocess.DEVNULL
    )
    try:
        wait_for_server()
        yield
    finally:
        server.terminate()
        server.wait()


def wait_for_server() -> None:
    for _ in range(300):
        with suppress(URLError), urlopen(f"{ADDRESS}healthz"):
            return
        time.sleep(0.2)
    sys.exit("the server did not start")


def draw_page(browser: Any, photo: Path) -> None:
    wide = opened(browser, {"viewport": {"width": 1360, "height": 860}})
    search(wide, photo)
    wide.reload()  # the first search also loads the network
    search(wide, photo)
    save(wide, "page.png")
    dark_phone = {"color_scheme": "dark", "has_touch": True, "is_mobile": True}
    phone = opened(browser, {"viewport": {"width": 390, "height": 844}, **dark_phone})
    search(phone, photo)
    save(phone, "page-phone-dark.png")
    desk = opened(browser, {"viewport": {"width": 1280, "height": 860}})
    save(desk, "page-home.png")
    search(desk, photo)
    desk.locator("#results .tile .opener").first.click()
    desk.get_by_text("the same product").wait_for(timeout=PATIENCE_MS)
    save(desk, "page-item.png")


def opened(browser: Any, options: dict[str, Any]) -> Any:
    page = browser.new_context(**options).new_page()
    page.goto(ADDRESS)
    page.locator("#results .tile").first.wait_for(timeout=PATIENCE_MS)
    return page


def search(page: Any, photo: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(photo)
    page.get_by_text("This is Halden Earl Grey").first.wait_for(timeout=PATIENCE_MS)


def save(page: Any, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2_000)
    page.screenshot(path=IMAGES / name)


if __name__ == "__main__":
    main()
