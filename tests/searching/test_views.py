"""A photo is looked at whole, and closer at its middle."""

import numpy as np
import pytest
from PIL import Image

from sosie.searching.query import Query, QueryMaker
from sosie.searching.views import CLOSER, WHOLE, shorter_side_for, views_of
from sosie.types import Transform
from support.embedders import GridEmbedder
from support.pictures import draw_picture


def test_squares_come_from_the_middle() -> None:
    picture = Image.new("RGB", (200, 100), "white")
    picture.paste("red", (75, 25, 125, 75))
    whole, half = views_of(picture, (0.5,))
    assert whole is picture
    assert half.size == (50, 50)
    assert half.getcolors() == [(2500, (255, 0, 0))]


def test_a_picture_of_one_pixel_has_views() -> None:
    assert [view.size for view in views_of(Image.new("RGB", (1, 900)), CLOSER)] == [(1, 900), *[(1, 1)] * 3]


def test_views_are_sharp_enough_for_the_largest_network() -> None:
    transforms = [Transform(size, (0, 0, 0), (1, 1, 1)) for size in (224, 260)]
    assert shorter_side_for(transforms, WHOLE) == 260
    assert shorter_side_for(transforms, CLOSER) == 390


def test_a_query_is_the_mean_of_its_views() -> None:
    picture = draw_picture(3)
    questioner = QueryMaker(GridEmbedder())
    [query] = questioner.embed([questioner.prepare([picture])])
    assert isinstance(query, Query)
    alone = QueryMaker(GridEmbedder(), WHOLE)
    each = [alone.embed([alone.prepare([view])])[0] for view in views_of(picture, CLOSER)]
    views = np.stack([entry.views[0] for entry in each if isinstance(entry, Query)])
    np.testing.assert_allclose(query.views, views, atol=1e-6)
    mean = views.mean(axis=0)
    np.testing.assert_allclose(query.vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_many_products_are_embedded_in_one_go_and_stay_apart() -> None:
    questioner = QueryMaker(GridEmbedder(), CLOSER)
    pixels = [questioner.prepare([draw_picture(seed)]) for seed in range(5)]
    pixels.append(questioner.prepare([draw_picture(0), draw_picture(1)]))
    result = questioner.embed(pixels)
    assert [len(query.views) for query in result if isinstance(query, Query)] == [4, 4, 4, 4, 4, 8]
    for item, alone in zip(result, [questioner.embed([views])[0] for views in pixels], strict=True):
        assert isinstance(item, Query)
        assert isinstance(alone, Query)
        assert item.vector == pytest.approx(alone.vector, abs=1e-6)
