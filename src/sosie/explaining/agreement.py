"""Draws the agreeing points of a query and an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.errors import UsageError
from sosie.explaining.colors import LINES, Colors, interpolate
from sosie.explaining.frames import product_in_query
from sosie.explaining.overlay import DrawingLayer
from sosie.explaining.panel import Panel, Placed, lay_out, paste, write_caption
from sosie.explaining.sides import ItemSide, QuerySide
from sosie.sheets.palette import ACCENT, PAPER
from sosie.types import Match

if TYPE_CHECKING:
    from sosie.details.base import Details

MOST_LINES = 40
_SHADE = (10, 12, 24, 120)


def draw_agreement(
    match: Match, query: QuerySide, item: ItemSide, most_lines: int = MOST_LINES, sure: bool = False
) -> Image.Image:
    """Query and item side by side, with the agreeing points joined by lines; RGB.

    In the query, everything outside the product is darkened. The product is the item's projected frame without its
    white margin. In the item, the hull of the agreeing points is outlined. All agreeing points are dots. At most
    ``most_lines`` lines, spread over the item and colored by height, join them. Pictures may have another size than
    those from which the points were extracted. Without a picture of the item, only its frame in the query is drawn.
    ``UsageError`` if the agreement, or the details of either picture, are missing.
    """
    if item.agreement is None or item.details is None or query.details is None:
        raise UsageError("drawing an agreement needs the agreement and the details of both pictures")
    agreement, query_details, item_details = item.agreement, query.details, item.details
    panel = lay_out(match, query.picture, item.picture, sure)
    outline = product_in_query(agreement, query_details, item_details, item.picture)
    _draw_frame(panel, panel.query, outline, shade=True)
    if panel.item is not None:
        _draw_frame(panel, panel.item, agreement.item_polygon, shade=False)
        starts = panel.query.on_page(_fractions(query_details, agreement.pairs.query))
        ends = panel.item.on_page(_fractions(item_details, agreement.pairs.item))
        _join(panel, starts, ends, spread_out(ends, agreement.pairs.distances, most_lines))
    write_caption(
        panel,
        f"{agreement.inliers} of {agreement.tentative} points agree",
        f"spread over {agreement.spread:.0%} of the catalog picture",
    )
    return panel.page


def spread_out(places: npt.NDArray[np.float64], distances: npt.NDArray[np.floating], most: int) -> npt.NDArray[np.intp]:
    """At most ``most`` rows of ``places``, shape (n, 2), spread evenly.

    First the row with the smallest distance, then always the row that is farthest from all selected rows.
    """
    if len(places) <= most:
        return np.arange(len(places))
    taken = [int(np.argmin(distances))]
    room = np.full(len(places), np.inf)
    while len(taken) < most:
        room = np.minimum(room, np.linalg.norm(places - places[taken[-1]], axis=1))
        taken.append(int(np.argmax(room)))
    return np.array(taken[:most], np.intp)


def _fractions(details: Details, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    """The points of these rows, in fractions of their picture's size."""
    return details.points[rows].astype(np.float64) / details.size


def _draw_frame(panel: Panel, placed: Placed, polygon: tuple[tuple[float, float], ...], shade: bool) -> None:
    picture, corners = placed.picture.copy(), placed.within(polygon)
    overlay = DrawingLayer(picture.size)
    if shade:
        overlay.shade_outside(corners, _SHADE)
    overlay.outline(corners, PAPER if shade else ACCENT, 2.0)
    overlay.lay_over(picture)
    paste(panel, placed, picture)


def _join(
    panel: Panel, starts: npt.NDArray[np.float64], ends: npt.NDArray[np.float64], joined: npt.NDArray[np.intp]
) -> None:
    colors = _by_height(ends)
    overlay = DrawingLayer(panel.page.size)
    for row in joined:
        overlay.line(starts[row], ends[row], _color(colors, row), 1.3, opacity=0.8)
    for row in range(len(starts)):
        overlay.dot(starts[row], 2.6, _color(colors, row))
        overlay.dot(ends[row], 2.6, _color(colors, row))
    overlay.lay_over(panel.page)


def _by_height(places: npt.NDArray[np.float64]) -> Colors:
    heights = places[:, 1] - places[:, 1].min()
    return interpolate(LINES, heights / max(1.0, float(heights.max())))


def _color(colors: Colors, row: int) -> tuple[int, int, int]:
    red, green, blue = colors[row].tolist()
    return red, green, blue
