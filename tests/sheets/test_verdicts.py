"""Sheets and notebooks state the verdict of a result without a match."""

from PIL import Image

from sosie.sheets.html import render_result_html
from sosie.sheets.sheet import contact_sheet
from sosie.sheets.verdicts import verdict_in_words
from sosie.types import Match, SearchResult, Verdict


def answer(verdict: Verdict | None, *probabilities: float) -> SearchResult:
    matches = (
        Match(rank, f"p{rank}", f"i{rank}", 0.5, probability, "a.jpg", None, (), {}, 1)
        for rank, probability in enumerate(probabilities, start=1)
    )
    return SearchResult(tuple(matches), verdict, "photo.jpg", "trio", "own", {})


def sheet_of(result: SearchResult) -> Image.Image:
    return contact_sheet([(Image.new("RGB", (40, 30)), result, [None] * len(result.matches))])


def test_the_verdict_stands_beside_its_probability() -> None:
    assert verdict_in_words(answer("match", 0.981, 0.2)) == "match (98%)"
    assert verdict_in_words(answer("no match")) == "no match"
    assert verdict_in_words(answer(None, 0.4)) == ""


def test_what_is_far_is_left_out_under_no_match_only() -> None:
    far = [0.3, *[0.001] * 9]
    assert sheet_of(answer("no match", *far)).size < sheet_of(answer("match", *far)).size
    assert sheet_of(answer("no match", *far)).tobytes() != sheet_of(answer("no match")).tobytes()
    html = render_result_html(answer("no match", *far), lambda item_id: b"jpeg")
    assert (html.count("<img"), "no match (30%)" in html) == (1, True)
    assert "nothing comes near" in render_result_html(answer("no match", 0.001), lambda item_id: b"jpeg")
