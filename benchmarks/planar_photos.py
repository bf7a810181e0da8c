"""Photos of flat things, made from catalog pictures: what a phone would see of a carton, a cover or a poster.

Every photo is 640 × 640 pixels and gets all of it: a picture tilted by up to 45° and turned by any angle, its longest
side at least 320 pixels long, 30 % of it hidden, in front of a shop-floor photo, out of focus, with glare, as a JPEG of
quality 40. The same seed gives the same photo.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

SIDE = 640
LONGEST = (320, 560)
TILT = 45.0
HIDDEN = 0.3
QUALITY = 40
FOCAL = 1.2
"""Focal length of the camera, in sides of the photo."""

Pixels = npt.NDArray[np.uint8]
Share = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PlanarPhoto:
    """A photo, and the corners of the catalog picture in it: upper left and on clockwise, shape (4, 2), in pixels."""

    picture: Image.Image
    corners: Matrix


def photograph(picture: Image.Image, grounds: Sequence[Image.Image], seed: int) -> PlanarPhoto:
    """One photo of the picture before the first of two shop-floor photos, partly hidden by the second."""
    rng = np.random.default_rng(seed)
    scene, cover = (filled(ground) for ground in grounds)
    way = _way(picture.size, rng)
    seen = cv2.warpPerspective(_smooth(picture, way), way, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.ones(picture.size[::-1], np.float32), way, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    scene = _blend(scene, seen, mask)
    scene = _blend(scene, cover, _hiding(mask, rng))
    scene = _glare(scene, mask, rng)
    scene = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.5, 1.5))
    return PlanarPhoto(as_jpeg(np.asarray(scene, np.uint8)), _mapped(way, _frame(picture.size)))


def photographs(
    pictures: Sequence[Image.Image], grounds: Sequence[Image.Image], each: int, seed: int = 0
) -> Iterator[tuple[int, PlanarPhoto]]:
    """``each`` photos of every picture, with the picture's place in the sequence."""
    rng = np.random.default_rng(seed)
    for place, picture in enumerate(pictures):
        for _ in range(each):
            pair = [grounds[row] for row in rng.integers(0, len(grounds), 2)]
            yield place, photograph(picture, pair, int(rng.integers(2**31)))


def _way(size: tuple[int, int], rng: np.random.Generator) -> Matrix:
    """The homography from the picture into the photo: tilted, turned, at a distance, and shifted to lie inside."""
    width, height = size
    towards = rng.uniform(0, 2 * np.pi)
    tilt = np.radians(rng.uniform(0, TILT)) * np.array([np.cos(towards), np.sin(towards), 0])
    spin = np.array([0, 0, rng.uniform(0, 2 * np.pi)])
    rotation = cv2.Rodrigues(tilt)[0] @ cv2.Rodrigues(spin)[0]
    centered = np.array([(1, 0, -width / 2), (0, 1, -height / 2), (0, 0, 1)], np.float64) / max(size)
    centered[2] = (0, 0, 1)
    camera = np.diag([FOCAL * SIDE, FOCAL * SIDE, 1.0])
    wanted, distance = rng.uniform(*LONGEST), FOCAL
    for _ in range(20):
        plane = np.column_stack([rotation[:, 0], rotation[:, 1], (0, 0, distance)])
        seen = _mapped(camera @ plane @ centered, _frame(size))
        distance *= _longest_side(seen) / wanted
    low, high = seen.min(axis=0), seen.max(axis=0)
    room = np.maximum(SIDE - (high - low), 0)
    shift = np.eye(3)
    shift[:2, 2] = rng.uniform(0, 1, 2) * room - low
    return np.asarray(shift @ camera @ plane @ centered)


def _longest_side(quad: Matrix) -> float:
    return float(np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1).max())


def _hiding(mask: Share, rng: np.random.Generator) -> Share:
    """Where something stands before the picture: all that lies beyond a line, with 30 % of the picture."""
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    along = columns * np.float32(np.cos(angle)) + rows * np.float32(np.sin(angle))
    return (along > np.quantile(along[mask > 0.5], 1 - HIDDEN)).astype(np.float32)


def _glare(scene: Pixels, mask: Share, rng: np.random.Generator) -> Pixels:
    """A soft white spot somewhere on the picture."""
    rows, columns = np.nonzero(mask > 0.5)
    at = rng.integers(len(rows))
    wide, high = rng.uniform(25, 70, 2)
    y, x = np.mgrid[:SIDE, :SIDE]
    spot = np.exp(-(((x - columns[at]) / wide) ** 2) - ((y - rows[at]) / high) ** 2) * rng.uniform(0.5, 0.9)
    return _blend(scene, np.full_like(scene, 255), np.asarray(spot, np.float32))


def _smooth(picture: Image.Image, way: Matrix) -> Pixels:
    """The picture, softened where the photo shows it smaller, so that nothing aliases."""
    pixels = np.asarray(picture.convert("RGB"))
    frame = _frame(picture.size)
    shrunk = _longest_side(frame) / _longest_side(_mapped(way, frame))
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.5 * shrunk) if shrunk > 1 else pixels, np.uint8)


def filled(ground: Image.Image) -> Pixels:
    """The center square of a picture, brought to the size of a photo."""
    side = min(ground.size)
    left, top = (ground.width - side) / 2, (ground.height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(ground.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC, box))


def _blend(under: Pixels, over: Pixels, share: Share) -> Pixels:
    return np.asarray(under + (over.astype(np.float32) - under) * share[..., None], np.float32).round().astype(np.uint8)


def as_jpeg(pixels: Pixels, quality: int = QUALITY) -> Image.Image:
    """The picture as it comes back from a JPEG file."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def _frame(size: tuple[int, int]) -> Matrix:
    width, height = size
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def _mapped(way: Matrix, points: Matrix) -> Matrix:
    mapped = np.column_stack([points, np.ones(len(points))]) @ way.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:])
