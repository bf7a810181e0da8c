"""The page behind nginx and Apache with their defaults, in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from sosie.server.keys import KeyRing
from support.browsing import first
from support.proxies import Proxy, proxied
from support.served import served

PROXIES = (
    (Proxy("nginx"), ""), (Proxy("nginx", "/search"), "/search"), (Proxy("nginx", "/unnamed"), ""),
    (Proxy("apache"), ""), (Proxy("apache", "/search"), "/search"), (Proxy("apache", "/kept", strips=False), "/kept"),
)  # fmt: skip


@pytest.mark.parametrize(("proxy", "root_path"), PROXIES, ids=[f"{proxy} {path}" for proxy, path in PROXIES])
def test_a_photo_is_searched_with(
    browser: Browser, demo: Path, photo: Path, wanted: str, tmp_path: Path, proxy: Proxy, root_path: str
) -> None:
    key = KeyRing(tmp_path / "keys.json").add("shop", ["read"])[1]
    with (
        served(demo / "demo.sosie", root_path=root_path, keys=str(tmp_path / "keys.json"), require_key=True) as running,
        proxied(proxy, int(running.url.rpartition(":")[2])) as url,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        context.add_init_script(f"sessionStorage.setItem('sosie-key', '{key}')")
        page = context.new_page()
        page.goto(f"{url}/")
        page.set_input_files("#choose", photo)
        expect(first(page)).to_have_text(wanted)
        picture = page.locator("#results .tile img").first
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0
        page.locator("#results .tile .opener").first.click()
        page.get_by_role("dialog").get_by_role("button", name="Find similar").click()
        expect(page.locator(".query figcaption")).to_contain_text("Looks like")
        assert page.url.startswith(f"{url}/?item=")
        page.reload()
        expect(page.locator(".query figcaption")).to_contain_text("Looks like")
        context.close()
