"""Surfaces in customers' photos: a table, a cloth, a stone top, a carpet, a shelf. Pictures are RGB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.demo.paint import Color

Field: TypeAlias = npt.NDArray[np.float32]
Surface: TypeAlias = Callable[[int, int, np.random.Generator], Image.Image]


def noise(width: int, height: int, cells: tuple[int, int], rng: np.random.Generator) -> Field:
    """Smooth noise between −1 and 1, shape (height, width), with this many cells across and down."""
    coarse = Image.fromarray(rng.uniform(-1, 1, (cells[1], cells[0])).astype(np.float32))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float32)


def _colored(brightness: Field, color: Color) -> Image.Image:
    pixels = np.array(color, np.float32) * (1 + brightness[..., None])
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def wood(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """Planks of oak."""
    planks = 5
    grain = 0.10 * noise(width, height, (5, 110), rng) + 0.05 * noise(width, height, (3, 300), rng)
    plank = np.arange(height) * planks // height
    grain += rng.uniform(-0.10, 0.10, planks).astype(np.float32)[plank][:, None]
    seams = np.flatnonzero(np.diff(plank))
    grain[np.concatenate([seams, seams + 1])] -= 0.3
    return _colored(grain, (188, 144, 100))


def cloth(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A checked kitchen cloth."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    stripe = width // 9
    checks = (x // stripe % 2).astype(np.float32) + (y // stripe % 2).astype(np.float32)
    folds = 0.07 * noise(width, height, (4, 3), rng) + 0.04 * noise(width, height, (width // 4, height // 4), rng)
    ground = np.array((238, 236, 228), np.float32) - checks[..., None] * np.array((52, 34, 22), np.float32)
    return Image.fromarray((ground * (1 + folds[..., None])).clip(0, 255).astype(np.uint8))


def stone(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A gray stone top with veins."""
    ridges = 1 - np.abs(noise(width, height, (7, 6), rng) + 0.35 * noise(width, height, (24, 20), rng))
    veins = -0.3 * ridges.clip(0, 1) ** 20 * noise(width, height, (5, 5), rng).clip(0, 1)
    return _colored(veins + 0.04 * noise(width, height, (140, 140), rng), (206, 206, 204))


def carpet(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A woven carpet."""
    loops = 0.16 * noise(width, height, (width // 5, height // 5), rng) + 0.06 * noise(width, height, (6, 6), rng)
    return _colored(loops, (132, 124, 120))


def shelf(width: int, height: int, rng: np.random.Generator) -> Image.Image:
    """A plastered wall above a board."""
    wall = _colored(
        0.05 * noise(width, height, (3, 3), rng) + 0.02 * noise(width, height, (200, 200), rng), (214, 202, 186)
    )
    board = height * 7 // 10
    wall.paste(wood(width, height, rng).crop((0, 0, width, height - board)), (0, board))
    return wall


SURFACES: Mapping[str, Surface] = {"wood": wood, "cloth": cloth, "stone": stone, "carpet": carpet, "shelf": shelf}
