"""What a customer of a shop does: words, filters, prices, searches of before; on a phone, too."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import sosie
from sosie.catalog import Catalog
from sosie.catalog.options import SearchOptions
from sosie.types import SearchResult
from support.browsing import check_accessible, first
from support.served import Served, served


@pytest.fixture
def phone(browser: Browser, site: Served) -> Iterator[Page]:
    """A phone of 390 × 844 points, used with a finger."""
    context = browser.new_context(
        base_url=site.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector(".tile img")
    yield page
    context.close()


def search_words(page: Page, words: str) -> None:
    page.locator("#address").fill(words)
    page.keyboard.press("Enter")


def test_words_find_products_and_are_shared(page: Page, wanted: str) -> None:
    search_words(page, wanted)
    expect(first(page)).to_have_text(wanted)
    assert "q=" in page.url
    page.goto(page.url)
    expect(first(page)).to_have_text(wanted)
    search_words(page, "qqqzzz")
    expect(page.locator(".verdict")).to_contain_text("No product has these words")
    expect(page.get_by_label("Order")).to_have_count(0)
    check_accessible(page)


def test_words_beside_a_picture_that_the_network_cannot_read(page: Page, photo: Path, wanted: str) -> None:
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    search_words(page, "mug")
    alert = page.locator(".verdict.bad")
    expect(alert).to_contain_text("Words and a picture cannot be combined here")
    expect(alert.get_by_role("button", name="Words only")).to_be_visible()
    check_accessible(page)
    alert.get_by_role("button", name="Picture only").click()
    expect(first(page)).to_have_text(wanted)


def test_filters_are_searched_and_counted_and_prices_sorted(page: Page, photo: Path, wanted: str) -> None:
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    brand = page.get_by_role("group", name="Brand")
    expect(brand).to_be_visible()
    values = brand.locator(".value")
    before = values.count()
    brand.get_by_role("button", name=re.compile("^All")).click()
    brand.get_by_label("Search in Brand").fill("tonw")
    expect(values).to_have_count(1)
    assert before > 1
    brand.get_by_role("checkbox", name=re.compile("^Tonwerk")).check()
    expect(page.get_by_role("group", name="Type").locator(".value")).not_to_have_count(6)
    page.get_by_role("button", name="Remove the filter brand").click()
    expect(page.locator("#results .tile")).to_have_count(30)
    check_prices_sorted(page)


def test_choosing_a_second_brand_adds_its_items(page: Page) -> None:
    page.goto("/?f.brand=Ridge")
    shown = page.locator(".quiet")
    expect(shown).to_have_text("9 pictures")
    brand = page.get_by_role("group", name="Brand")
    expect(brand.locator(".value", has_text="Halden")).to_contain_text("7")
    brand.get_by_role("checkbox", name=re.compile("^Halden")).check()
    expect(shown).to_have_text("16 pictures")
    expect(page.locator("#results .tile")).to_have_count(16)
    check_prices_sorted(page)
    assert "sort=-" in page.url
    page.reload()
    expect(page.locator("#results .tile")).to_have_count(16)
    costs = [float(text) for text in page.locator("#results .cost").all_text_contents()]
    assert costs == sorted(costs, reverse=True)


def check_prices_sorted(page: Page) -> None:
    for label, downwards in (("Price: lowest first", False), ("Price: highest first", True)):
        page.get_by_label("Order").select_option(label=label)
        page.wait_for_function(
            """(downwards) => {
                const costs = [...document.querySelectorAll("#results .cost")].map((cost) => Number(cost.textContent));
                const sign = downwards ? -1 : 1;
                return costs.length > 2 && costs.every((cost, i) => !i || (cost - costs[i - 1]) * sign >= 0);
            }""",
            arg=downwards,
        )


def test_what_words_find_has_its_own_filters_and_is_sorted(page: Page) -> None:
    search_words(page, "mug")
    expect(page.get_by_role("group", name="Color")).to_be_visible()
    shown = page.locator("#results .tile").count()
    counts = page.get_by_role("group", name="Color").locator(".count").all_text_contents()
    assert sum(map(int, counts)) <= shown
    expect(page.get_by_role("group", name="Title")).to_have_count(0)
    check_prices_sorted(page)


def test_results_go_on_to_the_last_without_asking_again(page: Page, photo: Path, wanted: str) -> None:
    searches: list[str] = []
    page.on("request", lambda request: searches.append(request.url) if "/v1/search" in request.url else None)
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    tiles = page.locator("#results .tile")
    more = page.get_by_role("button", name="Show more")
    products = page.evaluate("async () => (await (await fetch('/v1/stats')).json()).products")
    for _ in range(20):
        if not more.count():
            break
        before = tiles.count()
        more.scroll_into_view_if_needed()
        page.wait_for_function("(n) => document.querySelectorAll('#results .tile').length > n", arg=before)
    expect(tiles).to_have_count(products)
    names = tiles.locator(".opener").evaluate_all("(all) => all.map((one) => one.getAttribute('aria-label'))")
    assert len(names) == products
    assert len([url for url in searches if url.endswith("/v1/search")]) == 1


def test_a_catalog_goes_on_to_the_last_in_its_order(page: Page) -> None:
    page.goto("/?f.price=0..1000&sort=price")
    tiles = page.locator("#results .tile")
    expect(tiles).to_have_count(30)
    total = int(page.locator(".quiet").inner_text().split()[0])
    while tiles.count() < total:
        before = tiles.count()
        page.get_by_role("button", name="Show more").scroll_into_view_if_needed()
        page.wait_for_function("(n) => document.querySelectorAll('#results .tile').length > n", arg=before)
    costs = [float(text) for text in page.locator("#results .cost").all_text_contents()]
    assert len(costs) == total
    assert costs == sorted(costs)


def test_the_first_page_is_asked_for_once(browser: Browser, site: Served) -> None:
    page = browser.new_context(base_url=site.url).new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto("/")
    page.wait_for_selector(".tile img")
    page.wait_for_load_state("networkidle")
    assert len(requested) == len(set(requested))
    preloaded = page.locator("link[rel=preload]").evaluate_all("(all) => all.map((one) => one.href)")
    assert len(preloaded) == 3
    shown = page.locator(".tile img").evaluate_all("(all) => all.map((one) => one.src)")
    assert preloaded[1:] == shown[:2]
    page.context.close()


def test_a_search_is_kept_on_the_device_and_survives_a_reload(page: Page, photo: Path, wanted: str) -> None:
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    page.reload()
    expect(first(page)).to_have_text(wanted)
    page.get_by_label("Sosie, to the beginning").click()
    recent = page.get_by_role("region", name="Recent searches")
    recent.get_by_role("button", name=photo.name).click()
    expect(first(page)).to_have_text(wanted)
    page.get_by_label("Sosie, to the beginning").click()
    recent.get_by_role("button", name="Forget them").click()
    expect(recent).to_have_count(0)
    page.reload()
    page.wait_for_selector(".tile img")
    expect(recent).to_have_count(0)


def test_a_photo_is_made_smaller_upright_and_loses_nothing(
    page: Page, photo: Path, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(photo) as opened:
        large = (
            opened.convert("RGB")
            .resize((3000, 3000 * opened.height // opened.width))
            .transpose(Image.Transpose.ROTATE_90)
        )
    exif = Image.Exif()
    exif[0x0112] = 6
    large.save(tmp_path / "large.jpg", quality=97, exif=exif)
    search = Catalog.search_together
    sent: list[bytes] = []

    def kept(catalog: Catalog, images: list[bytes], *options: SearchOptions) -> SearchResult:
        sent.extend(images)
        return search(catalog, images, *options)

    monkeypatch.setattr(Catalog, "search_together", kept)
    page.set_input_files("#choose", tmp_path / "large.jpg")
    expect(first(page)).to_have_text(wanted)
    box = page.locator(".cropbox").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.8, steps=4)
    with page.expect_response("**/v1/search"):
        page.mouse.up()
    sides = []
    for data in sent:
        with Image.open(io.BytesIO(data)) as small:
            assert (small.width > small.height) is (large.height > large.width)
            assert small.getexif().get(0x0112, 1) == 1
            sides.append(min(small.size))
    assert sides[0] in (480, 640)
    assert sides[1:] == [960], "a part of the photo is searched in more pixels"
    assert len(sent[0]) <= 75_000
    assert len(sent[0]) < (tmp_path / "large.jpg").stat().st_size / 3


def test_on_a_phone_the_camera_comes_first_in_two_columns(phone: Page, photo: Path) -> None:
    expect(phone.locator(".photograph label").first).to_have_text("Take a photo")
    expect(phone.locator("main")).not_to_contain_text("Ctrl")
    expect(phone.locator("main")).not_to_contain_text("Drop")
    boxes = [tile.bounding_box() for tile in phone.locator(".tile").all()[:4]]
    assert len({round(box["x"]) for box in boxes if box}) == 2
    for cost in phone.locator(".cost").all()[:6]:
        assert cost.evaluate("element => element.scrollWidth <= element.clientWidth + 1")
    check_accessible(phone)
    phone.locator(".tile .opener").first.tap()
    link = phone.get_by_role("dialog").get_by_role("link", name="Open in shop")
    box = link.bounding_box()
    assert box
    assert 844 / 2 < box["y"] < 844
    check_accessible(phone)


def test_paragraphs_are_no_filter_and_an_empty_catalog_is_called_empty(
    browser: Browser, demo: Path, tmp_path: Path
) -> None:
    table = "item_id,image,mood,body\n" + "".join(
        f"i{row},{demo / 'photos' / 'photo-01.jpg'},{('calm', 'wild')[row % 2]},{'A long text. ' * 5}{row % 3}\n"
        for row in range(12)
    )
    (tmp_path / "table.csv").write_text(table, encoding="utf-8")
    with sosie.open(str(tmp_path / "s.sosie")) as catalog:
        catalog.index(tmp_path / "table.csv")
    with served(tmp_path / "s.sosie") as running:
        page = browser.new_page()
        page.goto(f"{running.url}/?f.mood=calm")
        expect(page.get_by_role("group", name="Mood")).to_be_visible()
        expect(page.get_by_role("group", name="Body")).to_have_count(0)
        page.close()
    with sosie.open(str(tmp_path / "none.sosie")) as catalog:
        catalog.create()
    with served(tmp_path / "none.sosie") as running:
        page = browser.new_page()
        page.goto(running.url)
        expect(page.get_by_role("heading", name="The catalog is empty")).to_have_count(1)
        expect(page.locator("main")).not_to_contain_text("Or begin with")
        expect(page.locator("main")).not_to_contain_text("0 products")
        check_accessible(page)
        page.close()
