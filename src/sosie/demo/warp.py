"""Warps flat designs into the scene: onto a quadrilateral, or around a round body. Pictures are RGBA."""

from __future__ import annotations

import numpy as np
from PIL import Image

from sosie.demo.outlines import SAG, Points
from sosie.demo.paint import Shade, light

_VISIBLE_DEGREES = 180.0


def into_quad(picture: Image.Image, quad: Points, side: int) -> tuple[Image.Image, tuple[int, int]]:
    """The picture in perspective, and the position of its upper left pixel in a square of ``side`` pixels.

    ``quad`` holds the new positions of the upper left, upper right, lower right and lower left corner, in pixels.
    """
    low = np.floor(quad.min(axis=0)).clip(0, side - 1)
    high = np.ceil(quad.max(axis=0)).clip(low + 1, side)
    w, h = picture.size
    source = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float64)
    width, height = (high - low).astype(int).tolist()
    data = homography(quad - low, source)
    laid = picture.transform((width, height), Image.Transform.PERSPECTIVE, data, Image.Resampling.BILINEAR)
    return laid, (int(low[0]), int(low[1]))


def homography(source: Points, target: Points) -> list[float]:
    """The eight numbers a … h of the homography that maps ``source`` to ``target``, four points of shape (4, 2) each.

    x' = (ax + by + c) / (gx + hy + 1), y' = (dx + ey + f) / (gx + hy + 1).
    """
    rows = []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    return [float(value) for value in np.linalg.solve(np.array(rows), target.ravel())]


def cylinder(label: Image.Image, span: float, yaw: float) -> Image.Image:
    """The label, wrapped ``span`` degrees around an upright cylinder that is rotated by ``yaw`` degrees.

    The cylinder is seen slightly from above. So the label's lower edge bends down, and the picture is higher than the
    label.
    """
    pixels = np.asarray(label)
    height, width = pixels.shape[:2]
    columns = width if span <= _VISIBLE_DEGREES else round(width * _VISIBLE_DEGREES / span)
    across = np.linspace(-0.999, 0.999, columns)
    at = (np.degrees(np.arcsin(across)) + yaw) / span + 0.5
    lowered = columns / 2 * SAG * np.sqrt(1 - across**2)
    rows = np.arange(height + round(columns / 2 * SAG))[:, None] - lowered.astype(int)
    bent = pixels[rows.clip(0, height - 1), (at.clip(0, 0.9999) * width).astype(int)].copy()
    bent[(at < 0) | (at >= 1) | (rows < 0) | (rows >= height), 3] = 0
    return Image.fromarray(bent)


def lit(picture: Image.Image, shade: Shade) -> Image.Image:
    """The picture, made lighter and darker as ``shade`` says."""
    change = Image.fromarray((128 + 127 * light(shade)).astype(np.uint8)).resize(
        picture.size, Image.Resampling.BILINEAR
    )
    amount = (np.asarray(change, np.float32) - 128)[..., None] / 127
    pixels = np.asarray(picture, np.float32)
    colors = pixels[..., :3]
    brightened = np.where(amount > 0, colors + (255 - colors) * amount, colors * (1 + amount))
    return Image.fromarray(np.concatenate([brightened, pixels[..., 3:]], axis=2).clip(0, 255).astype(np.uint8))


def brightened(picture: Image.Image, amount: float) -> Image.Image:
    """The picture, mixed with white (``amount`` up to 1) or with black (down to −1)."""
    limit = Image.new("RGB", picture.size, "white" if amount > 0 else "black")
    colors = Image.blend(picture.convert("RGB"), limit, abs(amount))
    colors.putalpha(picture.getchannel("A"))
    return colors
