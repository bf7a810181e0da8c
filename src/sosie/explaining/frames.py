"""Locates the product in the query: the item's frame without its white margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from sosie.details.geometry import Polygon, corners, in_fractions, project
from sosie.sheets.shapes import on_white

if TYPE_CHECKING:
    from sosie.details.base import Details
    from sosie.details.verify import Agreement

_WHITE = 240
"""Gray level, of 255, from which on a pixel may belong to the margin."""


def product_in_query(agreement: Agreement, query: Details, item: Details, picture: Image.Image | None) -> Polygon:
    """The corners of the product in the query. Without a picture of the item, the corners of its whole frame.

    A mirrored item keeps its whole frame.
    """
    if picture is None or agreement.mirrored:
        return agreement.query_polygon
    left, top, right, bottom = without_margin(picture)
    if (left, top, right, bottom) == (0, 0, *picture.size):
        return agreement.query_polygon
    box = corners((right - left, bottom - top)) + np.array((left, top))
    scale = np.array(item.size) / picture.size
    return in_fractions(project(agreement.homography, box * scale), query.size)


def without_margin(picture: Image.Image) -> tuple[int, int, int, int]:
    """The box (left, top, right, bottom), in pixels, of everything but white; the whole picture if all is white."""
    ink = on_white(picture).convert("L").point([255] * _WHITE + [0] * (256 - _WHITE))
    return ink.getbbox() or (0, 0, *picture.size)
