"""What tests of the page look for in a browser."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page


def first(page: Page) -> Locator:
    """The title of the first match."""
    return page.locator("#results .tile .name").first


def check_accessible(page: Page) -> None:
    """Fail where axe-core finds a violation; it waits for what fades in."""
    page.wait_for_timeout(400)
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
