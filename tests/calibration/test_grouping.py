"""Photos that look alike are held out together, whatever they are called."""

import numpy as np

from sosie.calibration.grouping import group_look_alikes


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def test_photos_of_one_product_are_one_group() -> None:
    vectors = np.stack([unit(1, 0, 0), unit(0, 1, 0), unit(0, 0, 1)])
    assert group_look_alikes(["a", "a", "b"], vectors) == ["a", "a", "b"]


def test_products_whose_photos_look_alike_are_one_group_from_photo_to_photo() -> None:
    near = [unit(1, 0, 0), unit(1, 0.4, 0), unit(1, 0.9, 0), unit(0, 0, 1)]
    assert group_look_alikes(["a", "b", "c", "d"], np.stack(near)) == ["a", "a", "a", "d"]
    assert group_look_alikes(["d", "c", "b", "a"], np.stack(near)) == ["b", "b", "b", "a"]


def test_many_photos_and_none() -> None:
    vectors = np.eye(1200, dtype=np.float32)
    names = [f"p{number // 2:04}" for number in range(1200)]
    assert group_look_alikes(names, vectors) == names
    assert group_look_alikes([], np.empty((0, 1), np.float32)) == []
