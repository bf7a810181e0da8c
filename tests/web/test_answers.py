"""What the page says of an answer: its verdict, how sure it is, and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sosie.catalog import Catalog
from sosie.types import DetailsEvidence, LooksEvidence, Match, SearchResult, Verdict
from support.browsing import check_accessible, first

SQUARE = ((0.1, 0.1), (0.9, 0.1), (1.2, 0.8), (0.1, 0.9))


Answering = Callable[[Callable[[SearchResult], SearchResult]], None]


@pytest.fixture
def answer_with(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Lets the catalog answer with what it found, changed."""
    search = Catalog.search_together

    def install(change: Callable[[SearchResult], SearchResult]) -> None:
        monkeypatch.setattr(Catalog, "search_together", lambda *asked, **options: change(search(*asked, **options)))

    return install


def first_with(probability: float, result: SearchResult) -> tuple[Match, ...]:
    best, *rest = result.matches
    return (replace(best, same_product=probability), *rest)


def hardly(result: SearchResult) -> SearchResult:
    """No match: the first is not likely, all others are far."""
    best, *further = result.matches
    far = (replace(other, same_product=0.002) for other in further)
    return replace(result, verdict="no match", matches=(replace(best, same_product=0.31), *far))


def surely(result: SearchResult) -> SearchResult:
    best, second, *others = result.matches
    evidence = DetailsEvidence(best.item_id, 57, 57, 0.8, 0.9, SQUARE, SQUARE)
    sure = replace(best, same_product=0.973, evidence=evidence)
    return replace(result, verdict="match", matches=(sure, replace(second, same_product=0.21), *others))


def test_a_match_with_its_probability_and_why(page: Page, photo: Path, wanted: str, answer_with: Answering) -> None:
    answer_with(surely)
    page.set_input_files("#choose", photo)
    expect(page.locator(".verdict h2")).to_have_text(f"This is {wanted}")
    expect(page.locator(".verdict p")).to_contain_text("97 % sure")
    expect(page.locator("#results .score").first).to_contain_text("97 %")
    expect(page.locator("#results .tile").first).to_have_attribute("data-same", "true")
    expect(page.locator("#results .tile").nth(1)).to_have_attribute("data-same", "false")
    expect(page.locator("#results .tile .meta").first).to_contain_text("57 details agree")
    page.locator("#results .tile .opener").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer.locator(".sureness")).to_contain_text("97 % the same product")
    expect(drawer.locator("polygon")).to_have_count(2)
    assert drawer.locator("polygon").first.get_attribute("points") == "0.1,0.1 0.9,0.1 1.2,0.8 0.1,0.9"
    expect(drawer.locator("figcaption")).to_have_text("57 details of the two pictures agree in their geometry")
    check_accessible(page)


def test_the_outline_of_a_part_lies_in_that_part(page: Page, photo: Path, wanted: str, answer_with: Answering) -> None:
    answer_with(surely)
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    page.locator(".cropbox").focus()
    with page.expect_response("**/v1/search"):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")
    page.locator("#results .tile .opener").first.click()
    corner = (page.locator("polygon").first.get_attribute("points") or "").split()[0]
    assert [float(item) for item in corner.split(",")] == pytest.approx([0.29 + 0.05, 0.25 + 0.05])


def test_no_match(page: Page, photo: Path, answer_with: Answering) -> None:
    answer_with(hardly)
    page.set_input_files("#choose", photo)
    expect(page.locator(".verdict h2")).to_contain_text("No match")
    expect(page.locator(".verdict p")).to_contain_text("The first is the same product with 31 %")
    expect(page.locator("#results .tile")).to_have_count(1)
    expect(page.locator("[data-same=true]")).to_have_count(0)
    check_accessible(page)
    page.get_by_role("button", name=re.compile("that look less like it")).click()
    expect(page.locator("#results .tile").nth(1)).to_be_visible()


@pytest.mark.parametrize(("verdict", "probability"), [("match", 0.19), ("no match", 0.86), ("similar", 0.7)])
def test_words_never_contradict_the_number(
    page: Page, photo: Path, wanted: str, answer_with: Answering, verdict: Verdict, probability: float
) -> None:
    answer_with(lambda result: replace(surely(result), verdict=verdict, matches=first_with(probability, result)))
    page.set_input_files("#choose", photo)
    title = page.locator(".verdict h2")
    expect(title).to_be_visible()
    said = title.text_content() or ""
    assert ("No match" in said or "This is" in said) is False
    assert (f"This may be {wanted}" in said) is (probability > 0.5)
    expect(page.locator("[data-same=true]")).to_have_count(0)


def test_without_evidence_nothing_is_drawn(page: Page, photo: Path, wanted: str, answer_with: Answering) -> None:
    answer_with(
        lambda result: replace(
            result, matches=tuple(replace(match, evidence=LooksEvidence()) for match in result.matches)
        )
    )
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    page.locator("#results .tile .opener").first.click()
    expect(page.get_by_role("dialog").get_by_role("heading", name=wanted)).to_be_visible()
    expect(page.locator(".explanation")).to_have_count(0)


def test_what_really_agrees_is_outlined(page: Page, photo: Path, wanted: str) -> None:
    page.set_input_files("#choose", photo)
    expect(first(page)).to_have_text(wanted)
    page.locator("#results .tile .opener").first.click()
    expect(page.locator(".explanation polygon")).to_have_count(2)
    expect(page.locator(".explanation figcaption")).to_contain_text("agree in their geometry")
