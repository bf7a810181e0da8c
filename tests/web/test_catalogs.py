"""The page of a server with several catalogs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import sosie
from support.browsing import check_accessible, first
from support.served import Served, served


@pytest.fixture(scope="module")
def several(demo: Path, photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo as the shop, an archive of one photo, and one that is not there."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "photos").mkdir()
    shutil.copy(photo, folder / "photos")
    with sosie.open(str(folder / "archive.sosie")) as catalog:
        catalog.index(folder / "photos")
    places = {"shop": demo / "demo.sosie", "archive": folder / "archive.sosie", "gone": folder / "gone.sosie"}
    with served(None, stores={name: str(place) for name, place in places.items()}) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, several: Served) -> Iterator[Page]:
    context = browser.new_context(base_url=several.url, viewport={"width": 390, "height": 800})
    yield context.new_page()
    context.close()


def test_a_catalog_is_chosen_and_links_keep_it(visitor: Page, photo: Path, wanted: str) -> None:
    visitor.goto("/")
    expect(visitor.get_by_role("heading", name="Which catalog?")).to_be_visible()
    expect(visitor.get_by_text("cannot be read just now")).to_be_visible()
    check_accessible(visitor)
    visitor.get_by_role("link", name="shop").click()
    visitor.set_input_files("#choose", photo)
    expect(first(visitor)).to_have_text(wanted)
    expect(visitor.locator(".tile img").first).to_be_visible()
    visitor.locator(".opener").first.click()
    expect(visitor.locator(".drawer, .sheet").first).to_be_visible()
    assert "/catalogs/shop/?" in visitor.url
    visitor.goto(visitor.url)
    expect(visitor.locator(".drawer, .sheet").first).to_contain_text(wanted)


def test_the_other_catalog_is_one_click_away(visitor: Page, photo: Path) -> None:
    visitor.goto("/catalogs/shop")
    visitor.locator(".catalogs summary").click()
    check_accessible(visitor)
    visitor.get_by_role("link", name="archive").click()
    expect(visitor.locator(".tile")).to_have_count(1)
    expect(visitor.locator(".recents")).to_have_count(0)
    assert visitor.url.endswith("/catalogs/archive/")


def test_a_catalog_that_is_not_here_is_called_so(visitor: Page) -> None:
    visitor.goto("/catalogs/nope/")
    expect(visitor.get_by_role("alert")).to_contain_text("This catalog is not here")
    check_accessible(visitor)


def test_a_single_catalog_offers_no_choice(page: Page) -> None:
    expect(page.locator(".catalogs")).to_have_count(0)
