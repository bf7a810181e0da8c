"""Rounded corners with smooth edges; Pillow alone draws them jagged."""

from __future__ import annotations

from PIL import Image, ImageDraw

from sosie.sheets.lettering import Color

_FINER = 4


def rounded_mask(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask of mode L: white inside a rectangle with round corners, black outside, with smooth edges."""
    fine = Image.new("L", (size[0] * _FINER, size[1] * _FINER))
    corner = (size[0] * _FINER - 1, size[1] * _FINER - 1)
    ImageDraw.Draw(fine).rounded_rectangle((0, 0, *corner), radius * _FINER, fill=255)
    return fine.reduce(_FINER)


def fill_rounded(page: Image.Image, box: tuple[int, int, int, int], radius: int, color: Color) -> None:
    """Fill a box (left, top, right, bottom) with rounded corners."""
    left, top, right, bottom = box
    page.paste(color, box, rounded_mask((right - left, bottom - top), radius))


def paste_contained(page: Image.Image, picture: Image.Image, box: tuple[int, int, int, int], radius: int) -> int:
    """Paste the whole picture, as large as fits, with rounded corners. Return the y coordinate of its lower edge.

    The picture is in the middle of the box, or at its top if the box is higher than wide.
    """
    left, top, right, bottom = box
    fitted = _fitted(on_white(picture), right - left, bottom - top)
    spare = max(0, min(right - left, bottom - top) - fitted.height)
    corner = ((left + right - fitted.width) // 2, top + spare // 2)
    page.paste(fitted, corner, rounded_mask(fitted.size, radius))
    return corner[1] + fitted.height


def _fitted(picture: Image.Image, width: int, height: int) -> Image.Image:
    scale = min(width / picture.width, height / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture as RGB, transparent parts on white."""
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer)
    return ground
