import numpy as np
import pytest
from PIL import Image, ImageDraw

from sosie.embedders.registry import load
from sosie.explaining import draw_heat_map, heat_map
from sosie.explaining.colors import HEAT, interpolate
from sosie.explaining.heat import colored
from sosie.explaining.occlusion import HeatMap, deal
from sosie.explaining.panel import PANEL_WIDTH
from sosie.images.transform import pixels_of
from support.explained import PooledColors, a_match
from support.pictures import draw_picture

RED, GROUND = (250, 10, 10), (90, 110, 90)
CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def with_item(size: tuple[int, int], *corners: tuple[int, int], item: Image.Image | None = None) -> Image.Image:
    """A plain picture with the item, a third as long, in these corners (right?, below?)."""
    picture, side = Image.new("RGB", size, GROUND), min(size) // 3
    for right, below in corners:
        shown = (item or Image.new("RGB", (1, 1), RED)).resize((side, side))
        picture.paste(shown, (right * (size[0] - side), below * (size[1] - side)))
    return picture


def quarter(shares: np.ndarray, corner: tuple[int, int]) -> float:
    """The share of all heat that lies in one quarter of the picture."""
    rows, columns = np.array_split(shares, 2, axis=0), corner[0]
    return float(np.array_split(rows[corner[1]], 2, axis=1)[columns].sum() / shares.sum())


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("size", [(300, 300), (500, 260), (260, 500)])
def test_the_heat_lies_where_the_item_is(corner, size):
    embed = PooledColors()
    item = embed([Image.new("RGB", (50, 50), RED)])[0]
    query = with_item(size, corner)
    heat = heat_map(embed, query, item)
    height, width = heat.shares.shape
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)
    assert heat.shares.min() >= 0
    assert heat.shares.max() == 1
    assert quarter(heat.shares, corner) > 0.75
    hottest = np.unravel_index(heat.shares.argmax(), heat.shares.shape)
    assert (hottest[1] > width / 2, hottest[0] > height / 2) == tuple(map(bool, corner))
    assert heat.similarity == pytest.approx(float(embed([query])[0] @ item), abs=0.05)


def test_two_copies_of_the_product_are_both_warm():
    embed = PooledColors()
    item = embed([Image.new("RGB", (50, 50), RED)])[0]
    heat = heat_map(embed, with_item((300, 300), (0, 0), (1, 1)), item)
    assert quarter(heat.shares, (0, 0)) > 0.3
    assert quarter(heat.shares, (1, 1)) > 0.3


def test_what_speaks_against_the_item_is_cold():
    def dotted(color):
        tile = Image.new("RGB", (150, 300), (128, 128, 128))
        draw = ImageDraw.Draw(tile)
        for x, y in np.ndindex(10, 20):
            draw.rectangle((15 * x, 15 * y, 15 * x + 9, 15 * y + 9), fill=color)
        return tile

    query = Image.new("RGB", (300, 300))
    query.paste(dotted((10, 10, 250)))
    query.paste(dotted(RED), (150, 0))
    embed = PooledColors()
    shares = heat_map(embed, query, embed([Image.new("RGB", (50, 50), (10, 10, 250))])[0]).shares
    assert shares[:, :90].mean() > 0.6
    assert shares[:, -90:].max() < 0.1


@pytest.mark.parametrize("corner", [(0, 1), (1, 0)])
def test_a_real_network_points_at_the_item(corner):
    network = load("mobilenet_v2", threads=1)

    def embed(pictures):
        return network.embed(pixels_of(pictures, network.spec.transforms))

    mug = Image.new("RGB", (150, 150), (240, 240, 240))
    draw = ImageDraw.Draw(mug)
    draw.ellipse((90, 50, 140, 110), outline=(200, 30, 30), width=10)
    draw.rounded_rectangle((30, 30, 110, 130), 12, fill=(200, 30, 30))
    heat = heat_map(embed, with_item((420, 320), corner, item=mug), embed([mug])[0])
    assert quarter(heat.shares, corner) > 0.45
    assert quarter(heat.shares, corner) == max(quarter(heat.shares, other) for other in CORNERS)


@pytest.mark.parametrize("size", [(300, 300), (500, 260), (260, 500), (900, 100)])
def test_fields_are_nearly_square_and_shown_equally_often(size):
    shown = deal(size)
    _, rows, columns = shown.shape
    assert 20 <= rows * columns <= 30
    assert 0.65 < (size[0] / columns) / (size[1] / rows) < 1.5
    assert (shown.sum(axis=0) == 20).all()
    assert len(np.unique(shown.reshape(len(shown), -1), axis=0)) == len(shown)


def test_a_heat_map_takes_few_passes_and_is_reproducible():
    embed = PooledColors()
    query, item = draw_picture(3, (200, 150)), embed([draw_picture(4)])[0]
    embed.batches.clear()
    first = heat_map(embed, query, item)
    assert sum(embed.batches) <= 64
    assert max(embed.batches) <= 16
    np.testing.assert_array_equal(heat_map(embed, query, item).shares, first.shares)


def test_where_hiding_changes_nothing_nothing_is_hot():
    def constant(pictures):
        return np.tile(np.array([0.6, 0.8], np.float32), (len(pictures), 1))

    heat = heat_map(constant, draw_picture(1), np.array([1, 0], np.float32))
    assert not heat.shares.any()
    assert heat.similarity == pytest.approx(0.6)
    assert draw_heat_map(a_match(), draw_picture(1), None, heat).width == PANEL_WIDTH


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3000, 40)])
def test_any_shape_of_picture(size):
    embed = PooledColors()
    query = Image.new("RGB", size, RED)
    heat = heat_map(embed, query, embed([query])[0])
    assert np.isfinite(heat.shares).all()
    assert draw_heat_map(a_match(), query, query, heat).mode == "RGB"


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_picture_stays_visible_under_its_heat(share):
    picture = draw_picture(8, (200, 200))
    seen = np.asarray(colored(picture, np.full((20, 20), share, np.float32)).convert("L"), float)
    clear = np.asarray(picture.convert("L"), float)
    assert np.corrcoef(seen.ravel(), clear.ravel())[0, 1] > 0.95
    assert np.ptp(seen) > 0.2 * np.ptp(clear)


def test_warm_places_are_lighter():
    shares = np.linspace(0, 1, 200, dtype=np.float32)[np.newaxis].repeat(200, axis=0)
    seen = np.asarray(colored(Image.new("RGB", (200, 200), (128, 128, 128)), shares).convert("L"), float)
    assert (np.diff(seen[100, ::20]) > 5).all()


def test_the_ramp_grows_lighter_step_by_step():
    red, green, blue = interpolate(HEAT, np.linspace(0, 1, 101)).astype(float).T
    lightness = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert (np.diff(lightness) >= -0.5).all()


def test_the_legend_shows_how_much_the_hottest_place_adds():
    shares = np.ones((10, 10), np.float32)
    first, second = (
        np.asarray(draw_heat_map(a_match(), draw_picture(1), draw_picture(2), HeatMap(shares, 0.5, gain)))
        for gain in (0.04, 0.31)
    )
    rows, columns = np.nonzero((first != second).any(axis=2))
    assert rows.min() > len(first) - 60
    assert columns.min() > PANEL_WIDTH / 2
