import numpy as np
import pytest
from PIL import Image

from sosie.errors import UsageError
from sosie.explaining import ItemSide, QuerySide, draw_agreement, explain, explain_match
from sosie.explaining.panel import PANEL_WIDTH
from sosie.types import SearchResult
from support.explained import PooledColors, a_match, agreeing, points_at
from support.pictures import draw_picture

PLACES = [(0.2, 0.1), (0.7, 0.5), (0.4, 0.9)]


def answer(count: int, verdict=None, query: str = "photos/a.jpg") -> SearchResult:
    matches = tuple(a_match(rank) for rank in range(1, count + 1))
    return SearchResult(matches, verdict, query, "mobilenet_v2", None, {})


def same(first: Image.Image, second: Image.Image) -> bool:
    return first.size == second.size and first.tobytes() == second.tobytes()


@pytest.fixture
def query() -> QuerySide:
    return QuerySide(draw_picture(9, (200, 150)), PooledColors(), points_at(PLACES, (480, 360)))


@pytest.fixture
def by_looks(query) -> ItemSide:
    picture = draw_picture(3, (128, 128))
    return ItemSide(picture, vector=query.embed([picture])[0])


@pytest.fixture
def by_points() -> ItemSide:
    return ItemSide(draw_picture(4), details=points_at(PLACES, (600, 600)), agreement=agreeing(3, 9))


def test_points_explain_before_looks_and_looks_before_nothing(query, by_looks, by_points):
    both = ItemSide(by_points.picture, by_looks.vector, by_points.details, by_points.agreement)
    agreement = draw_agreement(a_match(), query, by_points)
    assert same(explain_match(a_match(), query, both), agreement)
    heat = explain_match(a_match(), query, by_looks)
    plain = explain_match(a_match(), query, ItemSide(by_looks.picture))
    assert heat.size == plain.size
    assert not same(heat, plain)
    assert same(explain_match(a_match(), QuerySide(query.picture), by_looks), plain)


def test_matches_stand_under_each_other(query, by_looks, by_points):
    items = [by_points, by_looks, ItemSide(), ItemSide()]
    single, three, all_four = (explain(answer(4), query, items, most) for most in (1, 3, 4))
    assert single.height < three.height < all_four.height
    assert single.width == three.width > PANEL_WIDTH
    assert same(explain(answer(4), query, items[:3]), three)
    first = explain_match(answer(4).matches[0], query, by_points)
    assert same(single.crop((32, single.height - 32 - first.height, 32 + PANEL_WIDTH, single.height - 32)), first)


def test_the_header_names_query_and_verdict(query):
    plain = explain(answer(1), query, [ItemSide()])
    judged = explain(answer(1, "similar"), query, [ItemSide()])
    named = explain(answer(1, query="photos/" + "b" * 500), query, [ItemSide()])
    for other in (judged, named):
        rows = np.flatnonzero((np.asarray(plain) != np.asarray(other)).any(axis=(1, 2)))
        assert rows.min() >= 32
        assert rows.max() < 32 + 96


def test_only_a_match_marks_its_first_product(query):
    items = [ItemSide(), ItemSide()]
    similar, sure = (np.asarray(explain(answer(2, verdict), query, items)) for verdict in ("similar", "match"))
    rows = np.flatnonzero((similar != sure).any(axis=(1, 2)))
    beyond_header = rows[rows >= 128]
    assert 0 < len(beyond_header) < 50


def test_an_answer_without_matches_says_so(query):
    assert explain(answer(0), query, []).height > 200


def test_explaining_needs_an_item_for_each_match(query):
    with pytest.raises(UsageError, match="3 matches"):
        explain(answer(5), query, [ItemSide(), ItemSide()])


def test_at_least_one_match_is_required(query):
    with pytest.raises(UsageError, match="at least 1"):
        explain(answer(2), query, [ItemSide(), ItemSide()], most=0)
