"""Ways to bring a picture, and what the page shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import sosie
from sosie.catalog import Catalog
from support.browsing import check_accessible, first

ADDRESS = "https://shop.example/pictures/box.jpg"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, photo: Path) -> None:
    """A network in which every address is that of the photo."""
    monkeypatch.setattr(Catalog, "fetch", lambda catalog, url: photo.read_bytes())


def ask_address(page: Page) -> None:
    page.locator("#address").fill(ADDRESS)
    page.keyboard.press("Enter")


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With the pointer over the query, in shares of its width and height; waits for the answer."""
    box = page.locator(".cropbox").bounding_box()
    assert box
    with page.expect_response("**/v1/search"):
        page.mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=4)
        page.mouse.up()


def marked(page: Page) -> list[float]:
    """Left, top, width and height of the region, in per cent."""
    style = page.locator(".cropbox .box").get_attribute("style") or ""
    return [float(part.split(":")[1].strip(" %")) for part in style.split(";") if part.strip()]


@pytest.mark.usefixtures("web")
def test_an_address_is_shown_cropped_and_shared(page: Page, wanted: str) -> None:
    ask_address(page)
    expect(first(page)).to_have_text(wanted)
    expect(page.locator(".chip")).to_contain_text("box.jpg")
    for shown in (".cropbox img", ".chip img"):
        page.wait_for_function("(where) => document.querySelector(where)?.naturalWidth > 100", arg=shown)
    check_accessible(page)
    drag(page, (0.15, 0.3), (0.75, 0.85))
    assert "crop=0.1" in page.url
    page.goto(page.url)
    expect(page.locator(".cropbox .box")).to_be_visible()
    expect(first(page)).to_have_text(wanted)


def test_an_address_that_gives_no_picture(page: Page) -> None:
    page.locator("#address").fill("http://127.0.0.1:9/x.jpg")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="That page could not be reached")).to_be_visible()
    expect(page.locator(".query figcaption")).to_contain_text("cannot be shown")


@pytest.mark.usefixtures("web")
def test_an_address_and_a_file_together(page: Page, photo: Path, wanted: str) -> None:
    ask_address(page)
    expect(first(page)).to_have_text(wanted)
    with page.expect_request("**/v1/search") as requested:
        page.set_input_files(".addview input", photo)
    images = requested.value.post_data_json["images"]
    assert images[0] == {"url": ADDRESS}
    assert set(images[1]) == {"base64"}
    expect(page.locator(".views .view img")).to_have_count(2)
    expect(first(page)).to_have_text(wanted)


def test_a_file_that_browsers_cannot_show(page: Page, photo: Path, wanted: str, tmp_path: Path) -> None:
    with Image.open(photo) as opened:
        opened.save(tmp_path / "scan.tiff")
    page.set_input_files("#choose", tmp_path / "scan.tiff")
    expect(first(page)).to_have_text(wanted)
    page.wait_for_function("document.querySelector('.cropbox img')?.naturalWidth > 100")


def test_the_marked_part_is_moved_and_sized(page: Page, photo: Path) -> None:
    page.set_input_files("#choose", photo)
    expect(page.locator(".cropbox img")).to_be_visible()
    drag(page, (0.2, 0.2), (0.6, 0.6))
    assert marked(page) == pytest.approx([20, 20, 40, 40], abs=1)
    drag(page, (0.4, 0.4), (0.5, 0.6))
    assert marked(page) == pytest.approx([30, 40, 40, 40], abs=1)
    drag(page, (0.7, 0.8), (0.9, 0.9))
    assert marked(page) == pytest.approx([30, 40, 60, 50], abs=1)
    drag(page, (0.05, 0.05), (0.25, 0.3))
    assert marked(page) == pytest.approx([5, 5, 20, 25], abs=1)


def test_a_photo_from_the_camera(page: Page) -> None:
    page.get_by_role("button", name="Take a photo", exact=True).click()
    check_accessible(page)
    with page.expect_response("**/v1/search"):
        page.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".chip")).to_contain_text("photo.jpg")
    expect(page.locator("#results .score").first).to_be_visible()


def test_a_busy_camera_is_reported(page: Page) -> None:
    page.evaluate("() => void (navigator.mediaDevices.getUserMedia = () => Promise.reject(new Error('it is busy')))")
    page.get_by_role("button", name="Take a photo", exact=True).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("it is busy")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_keyboard_stays_at_the_results_of_a_product_that_is_searched_by(page: Page) -> None:
    page.locator(".opener").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Find similar").press("Enter")
    expect(page.locator(".verdict h2")).to_contain_text("Similar")
    expect(page.locator("#results")).to_be_focused()
    title = page.locator(".chip-text").text_content()
    expect(page.locator(".chip button")).to_have_attribute("aria-label", f"Remove {title}")


def test_the_page_of_an_evaluation_can_be_read_by_everybody_on_a_phone(
    browser: Browser, demo: Path, tmp_path: Path
) -> None:
    with sosie.open(str(demo / "demo.sosie")) as catalog:
        evaluation = catalog.evaluate(demo / "photos.csv")
        (tmp_path / "evaluation.html").write_text(catalog.evaluation_page(evaluation), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((tmp_path / "evaluation.html").as_uri())
    check_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()
