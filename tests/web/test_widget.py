"""The widget in a shop's page: what it says of an answer, and where it cannot work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from sosie.catalog import Catalog
from sosie.types import SearchResult
from support.browsing import check_accessible
from support.served import Served


def search_by_photo(page: Page, photo: Path) -> None:
    page.set_input_files("sosie-search input", photo)


def test_it_says_no_match_where_the_answer_does(page: Page, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search = Catalog.search_together

    def hardly(*asked: object, **options: object) -> SearchResult:
        result = search(*asked, **options)  # type: ignore[arg-type]
        first, *rest = result.matches
        far = (replace(match, same_product=0.001) for match in rest)
        return replace(result, verdict="no match", matches=(replace(first, same_product=0.2), *far))

    monkeypatch.setattr(Catalog, "search_together", hardly)
    page.goto("/widget-example")
    search_by_photo(page, photo)
    status = page.locator("sosie-search [role=status]")
    expect(status).to_contain_text("No match")
    expect(status).to_contain_text("20 %")
    expect(page.locator("sosie-search li")).to_have_count(1)
    check_accessible(page)


def test_what_is_no_picture_is_refused_in_plain_words(page: Page, tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    page.goto("/widget-example")
    search_by_photo(page, tmp_path / "bad.jpg")
    expect(page.locator("sosie-search [role=status]")).to_contain_text("not a picture that can be read")


def test_on_a_site_that_may_not_ask_it_says_so(browser: Browser, site: Served, photo: Path) -> None:
    """The page of another origin: the server was not started with its --allow-origin."""
    page = browser.new_page()
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    script = f"<script type=module src={site.url}/widget.js></script>"
    html = f"<!doctype html><html lang=en><title>Shop</title>{script}<sosie-search endpoint={site.url}></sosie-search>"

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html")

    page.route("http://shop.test/", answer)
    page.route("**/widget.js", lambda route: route.fulfill(
        body=route.fetch().body(), content_type="text/javascript", headers={"Access-Control-Allow-Origin": "*"}
    ))  # fmt: skip
    page.goto("http://shop.test/")
    search_by_photo(page, photo)
    expect(page.locator("sosie-search [role=status]")).to_contain_text("cannot be reached just now")
    assert any("--allow-origin http://shop.test" in line for line in logged)
    page.close()
