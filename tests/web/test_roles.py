"""The page and the widget show title, brand and price whatever the catalog calls them."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

import sosie
from support.pictures import draw_picture, encode
from support.served import served


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("german")
    rows = ["Artikelnummer;Produktname;Marke;Preis;Währung;Bild"]
    for seed in range(3):
        (folder / f"{seed}.jpg").write_bytes(encode(draw_picture(seed, (120, 90))))
        rows.append(f"A{seed};Lampe {seed};Acme;1{seed},50;EUR;{seed}.jpg")
    (folder / "t.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with sosie.open(folder / "s.sosie") as catalog:
        assert catalog.index(folder / "t.csv").added == 3
    return folder


def test_roles_are_read_and_not_names(german: Path, browser: Browser) -> None:
    with served(german / "s.sosie") as site, sosie.open(site.url) as remote:
        assert remote.stats().roles["title"] == ["Produktname"]
        context = browser.new_context(base_url=site.url, locale="en-US")
        page = context.new_page()
        page.goto("/")
        tile = page.locator(".tile").first
        expect(tile.locator(".name")).to_have_text("Lampe 0")
        expect(tile.locator(".cost")).to_have_text("€10.50")
        expect(tile.locator(".meta")).to_contain_text("Acme")
        page.goto("/widget-example")
        page.set_input_files("sosie-search input", german / "1.jpg")
        expect(page.locator("sosie-search li b").first).to_have_text("Lampe 1")
        expect(page.locator("sosie-search li small").first).to_have_text("€11.50")
        context.close()
