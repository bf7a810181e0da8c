"""The points in which query and item agree, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from sosie.errors import UsageError
from sosie.explaining.colours import LINES, Colours, along
from sosie.explaining.frames import product_in_query
from sosie.explaining.overlay import DrawingLayer
from sosie.explaining.panel import Panel, Placed, lay_out, paste, say
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
    """Query and item side by side, and in both the points that agree, joined by lines; RGB.

    The query is darkened outside the item's frame, less its white margin, as it lies there; in the item, the hull of
    the agreeing points is outlined. All agreeing points are dots; at most ``most_lines`` lines, spread over the item,
    join them, coloured by their height in the item. Pictures may have another size than the one their points
    were found in; without a picture of the item, its frame in the query is all there is.
    ``UsageError`` where the agreement or the details of either side are missing.
    """
    if item.agreement is None or item.details is None or query.details is None:
        raise UsageError("the agreement of two pictures was to be drawn; give it, and the details of both pictures")
    found, query_details, item_details = item.agreement, query.details, item.details
    panel = lay_out(match, query.picture, item.picture, sure)
    seen = product_in_query(found, query_details, item_details, item.picture)
    _draw_frame(panel, panel.query, seen, shade=True)
    if panel.item is not None:
        _draw_frame(panel, panel.item, found.item_polygon, shade=False)
        starts = panel.query.on_page(_fractions(query_details, found.pairs.query))
        ends = panel.item.on_page(_fractions(item_details, found.pairs.item))
        _join(panel, starts, ends, spread_out(ends, found.pairs.distances, most_lines))
    say(
        panel,
        f"{found.inliers} of {found.tentative} points agree",
        f"spread over {found.spread:.0%} of the catalogue picture",
    )
    return panel.page


def spread_out(places: npt.NDArray[np.float64], distances: npt.NDArray[np.floating], most: int) -> npt.NDArray[np.intp]:
    """At most ``most`` rows of ``places``, shape (n, 2): the one of the least distance, then always the farthest
    from all that were taken.
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
    """Where points lie, in fractions of the picture that they were found in."""
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
    colours = _by_height(ends)
    overlay = DrawingLayer(panel.page.size)
    for row in joined:
        overlay.line(starts[row], ends[row], _colour(colours, row), 1.3, opacity=0.8)
    for row in range(len(starts)):
        overlay.dot(starts[row], 2.6, _colour(colours, row))
        overlay.dot(ends[row], 2.6, _colour(colours, row))
    overlay.lay_over(panel.page)


def _by_height(places: npt.NDArray[np.float64]) -> Colours:
    heights = places[:, 1] - places[:, 1].min()
    return along(LINES, heights / max(1.0, float(heights.max())))


def _colour(colours: Colours, row: int) -> tuple[int, int, int]:
    red, green, blue = colours[row].tolist()
    return red, green, blue
