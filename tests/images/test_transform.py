"""Transforms against values computed here from Pillow's plain resize, and thumbnails."""

import io
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from sosie.images import transform as module
from sosie.images.transform import encode_thumbnail, pixels_of, shorter_side_needed
from sosie.types import Pixels, Transform
from support.pictures import draw_picture, mean_difference

PLAIN = Transform(64, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
IMAGENET = Transform(64, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
RESAMPLINGS = {"bilinear": 2, "bicubic": 3, "lanczos": 1}


def transform_one(picture: Image.Image, transform: Transform) -> Pixels:
    ((pixels,),) = pixels_of([picture], [transform])
    return pixels


def chw(picture: Image.Image) -> Pixels:
    return np.stack([np.asarray(channel, np.float32) for channel in picture.split()])


@pytest.mark.parametrize("resampling", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("size", [(96, 72), (50, 90), (64, 64), (30, 20)])
def test_squash_equals_a_resize_by_pillow(
    resampling: Literal["bilinear", "bicubic", "lanczos"], size: tuple[int, int]
) -> None:
    picture = draw_picture(1, size)
    expected = chw(picture.resize((64, 64), Image.Resampling(RESAMPLINGS[resampling])))
    assert np.array_equal(transform_one(picture, replace(PLAIN, resampling=resampling)), expected)


@pytest.mark.parametrize("size", [(160, 120), (120, 160), (128, 128)])
def test_crop_is_the_center_of_the_resized_picture(size: tuple[int, int]) -> None:
    picture = draw_picture(2, size)
    scale = 80 / min(size)
    resized = picture.resize((round(size[0] * scale), round(size[1] * scale)), Image.Resampling.BILINEAR)
    left, top = (resized.width - 64) // 2, (resized.height - 64) // 2
    expected = chw(resized.crop((left, top, left + 64, top + 64)))
    got = transform_one(picture, replace(PLAIN, geometry="crop", crop_share=0.8))
    assert mean_difference(got, expected) < 2


def test_crop_leaves_the_sides_out() -> None:
    picture = Image.new("RGB", (300, 100), "red")
    picture.paste("blue", (100, 0, 200, 100))
    assert (
        transform_one(picture, replace(PLAIN, geometry="crop"))[:, 2:-2, 2:-2].reshape(3, -1).T.tolist()
        == [[0, 0, 255]] * 3600
    )


@pytest.mark.parametrize("size", [(128, 64), (64, 128), (20, 10), (1, 300)])
def test_pad_keeps_everything_on_white(size: tuple[int, int]) -> None:
    got = transform_one(Image.new("RGB", size, (10, 20, 30)), replace(PLAIN, geometry="pad"))
    inside = (got == np.array([10, 20, 30])[:, None, None]).all(axis=0)
    white = (got == 255).all(axis=0)
    shorter = max(1, round(64 * min(size) / max(size)))
    assert (inside | white).all()
    assert inside.sum() == 64 * shorter
    rows, columns = np.nonzero(inside)
    assert abs((rows.min() + rows.max()) / 2 - 31.5) <= 0.5
    assert abs((columns.min() + columns.max()) / 2 - 31.5) <= 0.5


@pytest.mark.parametrize("geometry", ["squash", "crop", "pad"])
def test_constant_color_is_normalized_channel_by_channel(geometry: Literal["squash", "crop", "pad"]) -> None:
    got = transform_one(Image.new("RGB", (70, 70), (255, 128, 0)), replace(IMAGENET, geometry=geometry))
    expected = [(255 - 123.675) / 58.395, (128 - 116.28) / 57.12, (0 - 103.53) / 57.375]
    assert got.shape == (3, 64, 64)
    assert got.dtype == np.float32
    assert got.flags.c_contiguous
    assert np.allclose(got, np.array(expected)[:, None, None], atol=1e-5)


def test_height_comes_before_width() -> None:
    picture = Image.new("RGB", (64, 64))
    picture.putpixel((50, 3), (1, 2, 3))
    assert transform_one(picture, PLAIN)[:, 3, 50].tolist() == [1, 2, 3]


def test_one_geometry_is_resized_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Transform] = []
    original = module._resize
    monkeypatch.setattr(module, "_resize", lambda p, t: calls.append(t) or original(p, t))  # type: ignore[func-returns-value]
    transforms = [PLAIN, IMAGENET, replace(PLAIN, size=48), replace(IMAGENET, crop_share=0.5)]
    together = pixels_of([draw_picture(3)], transforms)
    assert len(calls) == 2
    monkeypatch.undo()
    for (pixels,), transform in zip(together, transforms, strict=True):
        assert np.array_equal(pixels, transform_one(draw_picture(3), transform))


def test_averaging_in_whole_steps_first_is_exact_enough() -> None:
    picture = draw_picture(4, (1600, 1200))
    exact = chw(picture.resize((64, 64), Image.Resampling.BILINEAR))
    assert mean_difference(transform_one(picture, PLAIN), exact) < 0.5


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("geometry", ["squash", "crop", "pad"])
def test_extreme_shapes(geometry: Literal["squash", "crop", "pad"], size: tuple[int, int]) -> None:
    picture = Image.new("RGB", size, "white")
    assert np.array_equal(
        transform_one(picture, replace(PLAIN, geometry=geometry, crop_share=0.875)), np.full((3, 64, 64), 255)
    )
    assert max(Image.open(io.BytesIO(encode_thumbnail(picture))).size) <= 256


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [
        ((1000, 500), 256, (256, 128)),
        ((500, 1000), 256, (128, 256)),
        ((200, 100), 256, (200, 100)),
        ((300, 300), 128, (128, 128)),
    ],
)
def test_thumbnail(size: tuple[int, int], side: int, expected: tuple[int, int]) -> None:
    picture = draw_picture(5, size)
    opened = Image.open(io.BytesIO(encode_thumbnail(picture, side)))
    assert (opened.format, opened.mode, opened.size) == ("JPEG", "RGB", expected)
    assert mean_difference(opened, picture.resize(expected, Image.Resampling.BOX)) < 6
    assert picture.size == size


def test_shorter_side_needed() -> None:
    assert shorter_side_needed([], 256) == 256
    assert shorter_side_needed([PLAIN], 32) == 64
    assert shorter_side_needed([PLAIN, replace(PLAIN, size=380)]) == 380
    assert shorter_side_needed([replace(PLAIN, geometry="crop", size=224, crop_share=0.875)], 100) == 256
    assert shorter_side_needed([replace(PLAIN, geometry="pad", size=300, crop_share=0.1)], 100) == 300
