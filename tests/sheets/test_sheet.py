import numpy as np
import pytest
from PIL import Image, ImageChops

from sosie.errors import UsageError
from sosie.sheets.card import CARD_HEIGHT, CARD_WIDTH, match_card, query_card, title_of
from sosie.sheets.sheet import contact_sheet
from sosie.types import CodeEvidence, DetailsEvidence, Match, SearchResult
from support.pictures import draw_picture

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def match(rank: int = 1, title: str = "A mug", score: float | None = 0.5, **changes) -> Match:
    values = dict(same_product=None, image="a.jpg", thumbnail=None, links=(), attributes={"title": title}, views=1)
    return Match(rank, f"product-{rank}", f"item-{rank}", score, **(values | changes))


def answer(count: int, verdict=None, thumbnails: bool = True):
    matches = tuple(match(rank) for rank in range(1, count + 1))
    pictures = [draw_picture(rank) if thumbnails else None for rank in range(count)]
    return draw_picture(99), SearchResult(matches, verdict, "photos/a.jpg", "mobilenetv2", None, {}), pictures


def differs(first: Image.Image, second: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(first, second).getbbox()


def test_sheets_grow_with_matches_rows_and_queries():
    single, five, six, ten = (contact_sheet([answer(count)]) for count in (1, 5, 6, 10))
    assert single.width < five.width == six.width == ten.width
    assert single.height == five.height < six.height == ten.height
    assert contact_sheet([answer(5), answer(1)]).height > 2 * five.height - 100
    assert five.mode == "RGB"


def test_an_answer_without_matches_says_so():
    assert contact_sheet([answer(0)]).height == contact_sheet([answer(1)]).height


def test_pictures_of_match_and_query_are_seen():
    red, blue = Image.new("RGB", (40, 60), (250, 0, 0)), Image.new("RGBA", (60, 40), (0, 0, 250, 255))
    result = SearchResult((match(),), None, "q.png", "x", None, {})
    colors = {color for _, color in contact_sheet([(red, result, [blue])]).getcolors(1 << 20) or []}
    assert {(250, 0, 0), (0, 0, 250)} <= colors


@pytest.mark.parametrize("title", ["A" * 500, "word " * 200, "W" * 23 + " and " + "m" * 40, "长" * 300])
def test_long_titles_stay_within_their_two_lines(title):
    short, long = (match_card(match(title=t), draw_picture(1), sure=False) for t in ("A", title))
    box = differs(short, long)
    assert box is not None
    assert box[0] >= 14
    assert box[2] <= CARD_WIDTH - 14
    assert box[1] > 258
    assert box[3] < 345


def test_a_missing_thumbnail_is_a_quiet_placeholder():
    card = match_card(match(), None, sure=False)
    area = np.asarray(card.crop((60, 60, CARD_WIDTH - 60, 100)))
    assert card.size == (CARD_WIDTH, CARD_HEIGHT)
    assert (area == area[0, 0]).all()
    assert area[0, 0].min() > 225
    assert contact_sheet([answer(3, thumbnails=False)]).size == contact_sheet([answer(3)]).size


def test_verdict_probability_and_certainty_show():
    picture, result, _ = answer(1)
    judged = SearchResult(result.matches, "match", result.query, result.embedder, None, {})
    assert differs(query_card(picture, result, 420), query_card(picture, judged, 420))
    plain = match_card(match(), None, sure=False)
    assert differs(plain, match_card(match(same_product=0.93), None, sure=False))
    assert differs(plain, match_card(match(), None, sure=True)) == (0, 0, CARD_WIDTH, CARD_HEIGHT)


@pytest.mark.parametrize("score", [None, -0.25, 0.0, 1.0])
def test_any_score_can_be_drawn(score):
    assert differs(match_card(match(score=score), None, sure=False), match_card(match(score=0.5), None, sure=False))


def test_the_title_is_the_attribute_or_else_the_product():
    assert title_of(match(title="Blue mug")) == "Blue mug"
    assert title_of(match(title="  ")) == "product-1"
    assert title_of(match(attributes={"title": 7})) == "product-1"
    assert title_of(match(title="\U000f0000\U000f0001")) == "product-1"


@pytest.mark.parametrize("size", [(1, 900), (900, 1), (2000, 30)])
def test_pictures_of_odd_shape_fit(size):
    _, result, _ = answer(1)
    sheet = contact_sheet([(Image.new("L", size, 90), result, [Image.new("P", size)])])
    assert sheet.mode == "RGB"
    assert sheet.size == contact_sheet([(Image.new("RGB", (300, 300)), result, [None])]).size


def test_no_answer_at_all_is_refused():
    with pytest.raises(UsageError, match="at least one"):
        contact_sheet([])


def test_thumbnails_must_go_with_matches():
    picture, result, _ = answer(2)
    with pytest.raises(UsageError, match="got 1 thumbnails for 2 matches"):
        contact_sheet([(picture, result, [None])])


def test_evidence_beside_the_score_is_shown():
    plain = match_card(match(), None, sure=False)
    details = DetailsEvidence("a", 37, 30, 0.8, 0.9, CORNERS, CORNERS)
    agreeing = match(evidence=details)
    assert agreeing.agreement == "37 details agree"
    assert (
        match(evidence=CodeEvidence("4006381333931", "EAN-13", CORNERS, details)).agreement
        == "its code is in the photo"
    )
    _left, top, _right, bottom = differs(plain, match_card(agreeing, None, sure=False))
    assert 276 < top < bottom < 360
