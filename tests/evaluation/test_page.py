"""The page: one file, everything in it, nothing run from what a catalog says."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sosie.evaluation.page.charts import HEIGHT, WIDTH, found_within, places
from sosie.evaluation.page.examples import right_answers, wrong_answers
from sosie.evaluation.page.page import render_evaluation_page
from sosie.evaluation.page.pictures import PagePictures
from sosie.evaluation.records import Evaluation
from sosie.evaluation.running import Plan, evaluate
from sosie.evaluation.summary import probability_quality
from sosie.images.decode import Limits
from support.catalogs import asked_of, drawn_item, empty_store, filled_store
from support.evaluations import evaluation_of

VOID = {"meta", "img"}


class ParsedPage(HTMLParser):
    """Every tag with its attributes; closing tags must match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page_of(evaluation: Evaluation) -> str:
    return render_evaluation_page(evaluation, PagePictures(empty_store(), Limits()))


@pytest.fixture
def drawn(tmp_path: Path) -> str:
    gallery = [drawn_item(tmp_path, product) for product in range(12)]
    queries = [drawn_item(tmp_path, product, view) for product in range(12) for view in (2, 3)]
    store = filled_store(gallery)
    results = evaluate(store, "shop.sosie", asked_of(store, queries), Plan(per=("kind",)))
    return render_evaluation_page(results, PagePictures(store, Limits()))


def test_the_page_stands_alone(drawn: str) -> None:
    tags = ParsedPage(drawn).tags
    pictures = [attributes["src"] or "" for tag, attributes in tags if tag == "img"]
    assert len(pictures) > 24
    assert all(source.startswith("data:image/jpeg;base64,") for source in pictures)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in tags}
    assert not re.search(r"https?://|url\(|@import", drawn)


def test_the_page_has_every_figure(drawn: str) -> None:
    for words in ("hit rate@1", "mAP@R", "nDCG@10", "MRR", "By kind", "Most often confused", "shop.sosie"):
        assert words in drawn
    assert "Reliability diagram" not in drawn


def test_names_of_the_catalog_are_escaped() -> None:
    page = page_of(evaluation_of([1, 2, None]))
    assert "&lt;b&gt;thing" in page
    assert "<b>thing" not in page


def test_probabilities_bring_the_reliability_diagram() -> None:
    evaluation = evaluation_of([1, 2, 1, 3], probabilities=[0.9, 0.2, 0.8, 0.1])
    expected = probability_quality(evaluation)
    assert expected is not None
    page = page_of(evaluation)
    assert "Reliability diagram" in page
    assert f"{expected.error:.3f}" in page


def test_absent_products_separate_known_from_unknown() -> None:
    evaluation = evaluation_of([1, 1], probabilities=[0.9, 0.8], absent=1)
    report = (*evaluation.answered[:2], replace(evaluation.answered[2], probability=0.85))
    existing = probability_quality(replace(evaluation, answered=report))
    assert existing is not None
    assert existing.auroc == 0.5


@pytest.mark.parametrize("given", [[], [None], [1], [10]])
def test_few_or_no_answers_make_a_page_too(given: list[int | None]) -> None:
    evaluation = evaluation_of(given)
    few, none = page_of(evaluation), page_of(replace(evaluation, answered=()))
    assert ("Nothing could be judged" in few) == (not given)
    assert drawings(few)[:1] == ["Found within the first k"][: len(given)]
    assert "Nothing could be judged" in none
    assert drawings(none) == []


def drawings(page: str) -> list[str | None]:
    return [result["aria-label"] for tag, result in ParsedPage(page).tags if tag == "svg" and "aria-label" in result]


def test_the_curve_rises_within_its_box() -> None:
    chart = found_within(evaluation_of([1, 2, 2, 5, None]).judged, depth=10)
    points = [tuple(map(float, point.split(","))) for point in chart.line.split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in points)
    assert [mark.text for mark in chart.marks] == ["20%", "80%", "80%"]


def test_places_count_every_query_once() -> None:
    bars = {bar.name: bar.count for bar in places(evaluation_of([1, 1, 2, 4, 5, 9, None]).judged, depth=10)}
    assert bars == {"1": 2, "2": 1, "3": 0, "4–5": 2, "6–10": 1, "not found": 1}


def test_examples_are_of_many_products_and_the_surest_first() -> None:
    evaluation = evaluation_of([2, 2, 2, 1])
    sure = [replace(item, product_id="p0", query=f"again {n}") for n, item in enumerate(evaluation.answered[:1] * 3)]
    chosen = wrong_answers([*sure, *evaluation.judged], most=3)
    assert [item.product_id for item in chosen] == ["p0", "p1", "p2"]
    assert [item.query for item in right_answers(evaluation.judged)] == ["q3"]
