"""Several products in one photo: outlines to tap."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from support.browsing import check_accessible, first

FIND = "Find every product in it"


@pytest.fixture(scope="module")
def shelf(demo: Path) -> Path:
    """A photo of two products side by side."""
    shown = Image.new("RGB", (960, 480))
    for place, name in enumerate(["photo-01.jpg", "photo-08.jpg"]):
        with Image.open(demo / "photos" / name) as photo:
            shown.paste(photo.resize((480, 480)), (480 * place, 0))
    path = demo / "shelf.png"
    shown.save(path)
    return path


@pytest.fixture
def outlines(page: Page, shelf: Path) -> Locator:
    """The outlines that the page shows of the two products."""
    ask(page, shelf)
    find_all(page)
    shown = page.get_by_role("list", name="Products in the picture").get_by_role("button")
    expect(shown).to_have_count(2)
    return shown


def ask(page: Page, photo: Path) -> None:
    with page.expect_response("**/v1/search"):
        page.set_input_files("#choose", photo)


def find_all(page: Page) -> None:
    with page.expect_response("**/v1/search:all"):
        page.get_by_role("button", name=FIND).click()


def tap(page: Page, outline: Locator) -> None:
    box = outline.bounding_box()
    assert box
    with page.expect_response("**/v1/search"):
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_each_outlined_product_is_shown_when_it_is_tapped(page: Page, outlines: Locator, wanted: str) -> None:
    expect(page.locator(".announcer")).to_have_text("2 products found in the picture")
    check_accessible(page)
    expect(page.locator(".places polygon")).to_have_count(2)
    titles = [str(outlines.nth(place).get_attribute("aria-label")).rpartition(", ")[0] for place in range(2)]
    assert wanted in titles
    for place, title in enumerate(titles):
        tap(page, outlines.nth(place))
        expect(first(page)).to_have_text(title)
        expect(outlines.nth(place)).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/v1/search"):
        page.get_by_role("button", name="Whole picture").click()
    expect(outlines.nth(1)).to_have_attribute("aria-pressed", "false")


def test_the_keyboard_chooses_an_outline_and_boxes_can_still_be_drawn(
    page: Page, outlines: Locator, wanted: str
) -> None:
    outline = outlines.and_(page.get_by_role("button", name=wanted))
    outline.focus()
    with page.expect_response("**/v1/search"):
        page.keyboard.press("Enter")
    expect(first(page)).to_have_text(wanted)
    expect(outline).to_have_attribute("aria-pressed", "true")
    box = page.locator(".cropbox").bounding_box()
    assert box
    with page.expect_response("**/v1/search"):
        page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9, steps=4)
        page.mouse.up()
    expect(outline).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".cropbox .box")).to_be_visible()


def test_another_photo_has_no_outlines_and_one_without_prints_says_so(
    page: Page, outlines: Locator, demo: Path
) -> None:
    plain = demo / "plain.png"
    Image.new("RGB", (300, 300), "gray").save(plain)
    ask(page, plain)
    expect(outlines).to_have_count(0)
    find_all(page)
    expect(page.locator(".query figcaption")).to_contain_text("No product with a print was found in it")
