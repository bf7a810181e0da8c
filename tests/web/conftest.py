"""A browser before a server with the demo's catalog."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import sosie
from support.served import Served, served

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: `make setup` installs it")

playwright.expect.set_options(timeout=20_000)

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]  # fmt: skip


@pytest.fixture(scope="session")
def demo(drawn_demo: Path) -> Path:
    """A folder with the demo's pictures, photos and store."""
    with sosie.open(str(drawn_demo / "demo.sosie")) as catalog:
        catalog.index(drawn_demo / "catalog.csv")
    return drawn_demo


@pytest.fixture(scope="session")
def site(demo: Path) -> Iterator[Served]:
    with served(demo / "demo.sosie") as running:
        yield running


@pytest.fixture(scope="session")
def photo(demo: Path) -> Path:
    """A photo of a product whose catalog picture comes first."""
    return demo / "photos" / "photo-01.jpg"


@pytest.fixture(scope="session")
def wanted(demo: Path, photo: Path) -> str:
    """The title of the product on it."""
    with (demo / "photos.csv").open(encoding="utf-8", newline="") as file:
        [product] = [row["product_id"] for row in csv.DictReader(file) if row["image"].endswith(photo.name)]
    with (demo / "catalog.csv").open(encoding="utf-8", newline="") as file:
        return next(row["title"] for row in csv.DictReader(file) if row["product_id"] == product)


@pytest.fixture(scope="session")
def browser() -> Iterator[playwright.Browser]:
    path = os.environ.get("SOSIE_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs chromium: `make chromium` installs Debian's")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: playwright.Browser, site: Served) -> Iterator[playwright.Page]:
    """The page at its beginning; whatever it writes to the console as an error fails the test."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 860})
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
    opened.goto("/")
    opened.wait_for_selector(".tile img")
    yield opened
    context.close()
    assert not wrong
