import numpy as np
import pytest
from PIL import Image

from sosie.details.extract import extract
from sosie.details.verify import verify
from sosie.errors import UsageError
from sosie.explaining import ItemSide, QuerySide, draw_agreement
from sosie.explaining.agreement import spread_out
from sosie.explaining.colors import LINES
from sosie.explaining.panel import PANEL_WIDTH, lay_out
from sosie.sheets.palette import NIGHT
from support.explained import a_match, agreeing, points_at
from support.textures import draw_print, seen_from, turned

PLACES = [(0.2, 0.1), (0.7, 0.5), (0.4, 0.9)]
GRAY, PALE = (120, 120, 120), (200, 200, 200)


def pixel(picture: Image.Image, place) -> tuple[int, ...]:
    return picture.getpixel((round(float(place[0])), round(float(place[1]))))


@pytest.mark.parametrize("size", [(100, 100), (256, 128), (900, 1600)])
def test_points_stand_where_they_are_whatever_the_pictures_size(size):
    query = QuerySide(Image.new("RGB", (640, 480), GRAY), details=points_at(PLACES, (480, 360)))
    item = ItemSide(Image.new("RGB", size, PALE), details=points_at(PLACES, (600, 600)), agreement=agreeing(3, 4))
    drawn, panel = draw_agreement(a_match(), query, item), lay_out(a_match(), query.picture, item.picture)
    first, last = (tuple(int(value) for value in LINES[end]) for end in (0, -1))
    for placed in (panel.query, panel.item):
        assert pixel(drawn, placed.on_page(PLACES)[0]) == first
        assert pixel(drawn, placed.on_page(PLACES)[2]) == last


def test_a_line_joins_each_pair():
    query = QuerySide(Image.new("RGB", (400, 400), GRAY), details=points_at(PLACES, (400, 400)))
    item = ItemSide(Image.new("RGB", (400, 400), PALE), details=points_at(PLACES, (400, 400)), agreement=agreeing(3, 3))
    drawn, panel = draw_agreement(a_match(), query, item), lay_out(a_match(), query.picture, item.picture)
    without = draw_agreement(a_match(), query, item, most_lines=0)
    for start, end in zip(panel.query.on_page(PLACES), panel.item.on_page(PLACES), strict=True):
        between = start + (end - start) * (PANEL_WIDTH / 2 - start[0]) / (end[0] - start[0])
        assert pixel(without, between) == NIGHT
        assert pixel(drawn, between) != NIGHT


@pytest.mark.parametrize("far", [2.0, 1e6])
def test_the_query_is_dark_outside_the_items_frame_and_nothing_is_drawn_beside_it(far):
    polygon = ((-far, -far), (0.5, -far), (0.5, far), (-far, far))
    agreement = agreeing(1, 1, query_polygon=polygon)
    query = QuerySide(Image.new("RGB", (400, 400), GRAY), details=points_at([(0.2, 0.2)], (400, 400)))
    item = ItemSide(query.picture, details=query.details, agreement=agreement)
    drawn, panel = draw_agreement(a_match(), query, item), lay_out(a_match(), query.picture, item.picture)
    inside, outside, beside = panel.query.on_page([(0.25, 0.5), (0.75, 0.5), (-0.02, 0.5)])
    assert pixel(drawn, inside) == GRAY
    assert max(pixel(drawn, outside)) < 0.7 * GRAY[0]
    assert pixel(drawn, beside) == NIGHT


def test_a_turned_print_is_drawn_from_its_real_points():
    page = draw_print(3)
    photo = seen_from(page, turned(30, 0.8, 400, 600), (600, 600))
    query = QuerySide(photo, details=extract(photo))
    details = extract(page)
    agreement = verify(query.details, details)
    small = page.resize((128, 128))
    drawn = draw_agreement(a_match(), query, ItemSide(small, details=details, agreement=agreement))
    assert drawn.mode == "RGB"
    assert drawn.width == PANEL_WIDTH
    panel = lay_out(a_match(), photo, small)
    middle = np.asarray(drawn.crop((panel.query.corner[0] + 506, 80, panel.item.corner[0] - 6, drawn.height - 80)))
    assert (np.ptp(middle.astype(int), axis=2) > 60).sum() > 1000


def test_numbers_of_points_change_the_caption_alone():
    query = QuerySide(Image.new("RGB", (300, 300), GRAY), details=points_at(PLACES, (300, 300)))
    first, second = (
        np.asarray(
            draw_agreement(
                a_match(),
                query,
                ItemSide(query.picture, details=query.details, agreement=agreeing(3, tentative)),
            )
        )
        for tentative in (7, 52)
    )
    rows = np.flatnonzero((first != second).any(axis=(1, 2)))
    assert rows.min() > len(first) - 60


def test_without_a_picture_of_the_item_the_query_still_shows_its_frame():
    query = QuerySide(Image.new("RGB", (300, 300), GRAY), details=points_at(PLACES, (300, 300)))
    item = ItemSide(None, details=query.details, agreement=agreeing(3, 5))
    assert draw_agreement(a_match(), query, item).height > 500


@pytest.mark.parametrize("missing", ["query", "item", "agreement"])
def test_missing_parts_are_named(missing):
    details, picture = points_at(PLACES, (300, 300)), Image.new("RGB", (300, 300))
    query = QuerySide(picture, details=None if missing == "query" else details)
    item = ItemSide(
        picture,
        details=None if missing == "item" else details,
        agreement=None if missing == "agreement" else agreeing(3, 5),
    )
    with pytest.raises(UsageError, match="details of both"):
        draw_agreement(a_match(), query, item)


def test_few_lines_are_spread_over_all_points():
    crowd = np.random.default_rng(0).normal(50, 1, (200, 2))
    places = np.concatenate([crowd, [(0, 0), (100, 0), (100, 100), (0, 100)]])
    distances = np.full(204, 0.5)
    distances[7] = 0.1
    taken = spread_out(places, distances, 5)
    assert taken[0] == 7
    assert set(taken[1:]) == {200, 201, 202, 203}
    assert len(set(spread_out(places, distances, 40))) == 40
    assert list(spread_out(places[:3], distances[:3], 40)) == [0, 1, 2]
