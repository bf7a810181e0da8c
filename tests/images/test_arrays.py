from typing import Any

import numpy as np
import pytest

from sosie.errors import UsageError
from sosie.images.decode import from_array


def test_rgb_bytes_stay_as_they_are() -> None:
    values = np.random.default_rng(1).integers(0, 256, (5, 7, 3), np.uint8)
    picture = from_array(values)
    assert (picture.mode, picture.size) == ("RGB", (7, 5))
    assert np.array_equal(np.asarray(picture), values)
    assert np.array_equal(np.asarray(from_array(values[:, ::-1])), values[:, ::-1])
    assert np.array_equal(np.asarray(from_array(values.astype(np.float64) / 255)), values)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1)])
def test_gray_arrays_become_rgb(shape: tuple[int, ...]) -> None:
    picture = from_array(np.full(shape, 77, np.uint8))
    assert picture.size == (6, 4)
    assert picture.getpixel((0, 0)) == (77, 77, 77)


def test_alpha_is_flattened_on_white() -> None:
    values = np.zeros((2, 2, 4), np.uint8)
    values[:, 1, 3] = 255
    assert np.asarray(from_array(values))[0].tolist() == [[255] * 3, [0] * 3]


def test_booleans_are_black_and_white() -> None:
    assert np.asarray(from_array(np.array([[True, False]])))[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((3, 20, 20), np.uint8), "move the channels last"),
        (np.zeros((0, 4, 3), np.uint8), "shape"),
        (np.zeros(5, np.uint8), "shape"),
        (np.zeros((2, 2, 2), np.uint8), "shape"),
        (np.zeros((1, 2, 2, 3), np.uint8), "shape"),
        (np.zeros((2, 2, 3), np.int64), "type int64"),
        (np.zeros((2, 2, 3), np.uint16), "type uint16"),
        (np.array([["a", "b"]]), "type <U1"),
        (np.array([[{}, None]], dtype=object), "type object"),
        (np.full((2, 2, 3), 255.0), "from 255 to 255"),
        (np.full((2, 2), -0.1), "from -0.1"),
        (np.array([[0.0, np.nan]]), "nan"),
        (np.array([[0.0, np.inf]]), "inf"),
    ],
)
def test_what_is_no_picture(array: np.ndarray[Any, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        from_array(array)
