"""The page, used as people use it."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browsing import check_accessible, first
from support.served import Served

DROP = """([kind, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type: "image/jpeg" }));
  const event = kind === "drop"
    ? new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: carried, bubbles: true });
  window.dispatchEvent(event);
}"""


def bring(page: Page, kind: str, photo: Path) -> None:
    page.evaluate(DROP, [kind, photo.name, base64.b64encode(photo.read_bytes()).decode()])


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_that_is_dropped_or_pasted(page: Page, photo: Path, wanted: str, kind: str) -> None:
    bring(page, kind, photo)
    expect(page.locator(".verdict h2")).to_contain_text(f"This is {wanted}")
    expect(first(page)).to_have_text(wanted)
    expect(page.locator(".chip")).to_contain_text(photo.name)


def test_a_region(page: Page, photo: Path, wanted: str) -> None:
    with page.expect_response("**/v1/search") as whole:
        page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    box = page.locator(".cropbox").bounding_box()
    assert box
    with page.expect_response("**/v1/search") as part:
        page.mouse.move(box["x"] + box["width"] * 0.15, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.85, steps=4)
        page.mouse.up()
    expect(page.locator(".cropbox .box")).to_be_visible()
    expect(first(page)).to_have_text(wanted)
    assert len({answer.value.json()["results"][0]["matches"][0]["score"] for answer in (whole, part)}) == 2
    page.get_by_role("button", name="Whole picture").click()
    expect(page.locator(".cropbox .box")).to_have_count(0)


def test_filters_and_links_that_can_be_shared(page: Page, photo: Path) -> None:
    page.set_input_files("#choose", photo)
    page.get_by_role("group", name="Brand").get_by_role("button", name=re.compile("^All")).click()
    with page.expect_response("**/v1/search"):
        page.get_by_role("checkbox", name=re.compile("^Tonwerk")).check()
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name=re.compile("that look less like it")).click()
    expect(page.locator("#results .tile .meta").first).to_contain_text("Tonwerk")
    metas = page.locator("#results .tile .meta").all_text_contents()
    assert metas
    assert all("Tonwerk" in meta for meta in metas)
    assert "f.brand=Tonwerk" in page.url
    page.get_by_label("Price at most").fill("-1")
    page.keyboard.press("Enter")
    expect(page.locator(".verdict h2")).to_have_text("Nothing found")
    page.get_by_role("button", name="Remove the filter price").click()
    expect(page.locator(".verdict h2")).to_contain_text("No match")


def test_a_match_is_searched_by_and_shared(page: Page, photo: Path, wanted: str) -> None:
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    page.locator("#results .tile .opener").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Find similar").click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".query figcaption")).to_contain_text("Looks like")
    assert "item=" in page.url
    shared = page.url
    expect(first(page)).to_be_visible()
    answer = page.locator("#results .name").all_text_contents()
    page.go_back()
    expect(page.locator(".chip")).to_contain_text(photo.name)
    expect(first(page)).to_have_text(wanted)
    page.goto(shared)
    expect(first(page)).to_be_visible()
    assert answer == page.locator("#results .name").all_text_contents()


def test_an_item_with_its_views_and_feedback(page: Page, photo: Path, wanted: str) -> None:
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    page.locator("#results .tile .opener").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("heading", name=wanted)).to_be_visible()
    expect(drawer.get_by_role("list", name="All views").get_by_role("listitem")).to_have_count(2)
    expect(drawer.get_by_role("link", name="Open in shop")).to_have_attribute(
        "href", re.compile("^https://shop.example/")
    )
    large = drawer.locator(".picture img").nth(1)
    page.wait_for_function("(image) => image.naturalWidth > 256", arg=large.element_handle())
    with page.expect_response("**/v1/feedback") as said:
        drawer.get_by_label(f"This is it: {wanted}").click()
    assert said.value.status == 204
    expect(drawer.get_by_label(f"This is it: {wanted}")).to_have_attribute("aria-pressed", "true")
    check_accessible(page)
    page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_a_second_photo_is_searched_together_with_the_first(page: Page, demo: Path, wanted: str, photo: Path) -> None:
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    page.set_input_files(".addview input", photo)
    expect(page.locator(".views .view")).to_have_count(2)
    expect(first(page)).to_have_text(wanted)


def test_what_goes_wrong_is_said(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture at all")
    page.set_input_files("#choose", bad)
    expect(page.get_by_role("alert").filter(has_text="This is not a picture that can be read")).to_be_visible()
    check_accessible(page)
    page.locator("#address").fill("http://127.0.0.1:9/x.jpg")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="That page could not be reached")).to_be_visible()


def test_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("body").press("/")
    expect(page.locator("#address")).to_be_focused()
    page.locator(".opener").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".opener").nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".opener").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Product")).to_be_visible()


def test_a_region_by_keyboard(page: Page, photo: Path) -> None:
    page.set_input_files("#choose", photo)
    page.locator(".cropbox").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".cropbox .box")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".cropbox .box")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_accessible(browser: Browser, site: Served, photo: Path, scheme: str, width: int) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 844}, base_url=site.url)
    page = context.new_page()
    page.goto("/")
    page.wait_for_selector(".tile img")
    check_accessible(page)
    page.set_input_files("#choose", photo)
    expect(page.locator(".verdict h2")).to_be_visible()
    check_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_the_widget_shows_the_match_with_its_link(page: Page, photo: Path, wanted: str) -> None:
    page.goto("/widget-example")
    page.set_input_files("sosie-search input", photo)
    expect(page.locator("sosie-search li b").first).to_have_text(wanted)
    expect(page.locator("sosie-search li a").first).to_have_attribute("href", re.compile("^https://shop.example/"))
    check_accessible(page)
