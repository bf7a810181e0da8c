"""Drawn pictures for tests: small, reproducible, and different for every seed."""

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import Image, ImageDraw


def draw_picture(seed: int, size: tuple[int, int] = (96, 72)) -> Image.Image:
    """An RGB picture of a colored ground and a few shapes that depend on ``seed`` alone."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", size, tuple(int(v) for v in rng.integers(0, 256, 3)))
    draw = ImageDraw.Draw(picture)
    for _ in range(6):
        x, y = rng.integers(0, size[0]), rng.integers(0, size[1])
        w, h = rng.integers(4, max(5, size[0] // 2)), rng.integers(4, max(5, size[1] // 2))
        shape: Any = draw.ellipse if rng.random() < 0.5 else draw.rectangle
        shape((int(x), int(y), int(x + w), int(y + h)), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    return picture


def encode(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """The file that Pillow makes of a picture."""
    out = io.BytesIO()
    picture.save(out, format, **options)
    return out.getvalue()


def mean_difference(first: Iterable[int] | Image.Image, second: Iterable[int] | Image.Image) -> float:
    """Mean absolute difference of two pictures of one size, in steps of 0..255."""
    return float(np.abs(np.asarray(first, np.float32) - np.asarray(second, np.float32)).mean())
