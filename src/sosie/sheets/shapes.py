"""Smooth round corners, which Pillow draws jagged."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageOps

from sosie.sheets.lettering import Colour

_FINER = 4


def rounded_mask(size: tuple[int, int], radius: int) -> Image.Image:
    """White inside a rectangle with round corners, black outside, with smooth edges; mode L."""
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    corner = (size[0] * _FINER - 1, size[1] * _FINER - 1)
    ImageDraw.Draw(fine).rounded_rectangle((0, 0, *corner), radius * _FINER, fill=255)
    return fine.reduce(_FINER)


def fill_rounded(page: Image.Image, box: tuple[int, int, int, int], radius: int, colour: Colour) -> None:
    """Fill left, top, right, bottom with round corners."""
    left, top, right, bottom = box
    page.paste(colour, box, rounded_mask((right - left, bottom - top), radius))


def paste_contained(page: Image.Image, picture: Image.Image, box: tuple[int, int, int, int], radius: int) -> None:
    """Paste the whole of a picture into the middle of a box, as large as it fits, with round corners."""
    left, top, right, bottom = box
    fitted = ImageOps.contain(_on_white(picture), (right - left, bottom - top), Image.Resampling.LANCZOS)
    corner = ((left + right - fitted.width) // 2, (top + bottom - fitted.height) // 2)
    page.paste(fitted, corner, rounded_mask(fitted.size, radius))


def _on_white(picture: Image.Image) -> Image.Image:
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer)
    return ground
