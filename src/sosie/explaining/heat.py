"""Draws a heat map of the region that causes the similarity."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from sosie.explaining.colors import HEAT, interpolate
from sosie.explaining.occlusion import HeatMap, Plane
from sosie.explaining.panel import CAPTION_HEIGHT, PAD, PANEL_WIDTH, Panel, lay_out, paste, write_caption
from sosie.sheets.lettering import Style, width, write
from sosie.sheets.palette import QUIET
from sosie.sheets.shapes import rounded_mask
from sosie.types import Match

_COLDEST = 0.18
"""Position on the ramp for no heat. At 0 the ramp is black, which would hide the picture."""
_LEGEND = (190, 10)
_SMALL = Style(16, QUIET)


def draw_heat_map(
    match: Match, query: Image.Image, item: Image.Image | None, heat: HeatMap, sure: bool = False
) -> Image.Image:
    """Query and item side by side, with the query colored by heat; RGB.

    The legend says how much the hottest place adds to the similarity.
    """
    panel = lay_out(match, query, item, sure)
    paste(panel, panel.query, colored(panel.query.picture, heat.shares))
    if panel.item is not None:
        paste(panel, panel.item)
    write_caption(panel, "Found by its looks", "the warmer a place, the more it adds to the similarity")
    _draw_legend(panel, heat.gain)
    return panel.page


def colored(picture: Image.Image, shares: Plane) -> Image.Image:
    """An RGB picture tinted by its heat. Lightness and edges stay visible, most of all in hot places."""
    heat = np.asarray(Image.fromarray(shares).resize(picture.size, Image.Resampling.BICUBIC)).clip(0, 1)
    clear = np.asarray(picture, np.float32)
    gray = np.asarray(picture.convert("L"), np.float32)[..., np.newaxis]
    tint = interpolate(HEAT, _COLDEST + (1 - _COLDEST) * heat).astype(np.float32)
    kept = heat[..., np.newaxis]
    ground = gray * (1 - kept) * 0.6 + clear * kept
    strength = 0.55 - 0.15 * kept
    return Image.fromarray((ground * (1 - strength) + tint * strength).round().astype(np.uint8))


def _draw_legend(panel: Panel, gain: float) -> None:
    draw, y = ImageDraw.Draw(panel.page), panel.page.height - CAPTION_HEIGHT // 2
    least, most = "0", f"+{gain:.2f}"
    right = PANEL_WIDTH - PAD - width(most, _SMALL)
    write(draw, (right, y), most, _SMALL)
    left = round(right) - 10 - _LEGEND[0]
    shares = np.linspace(_COLDEST, 1, _LEGEND[0])
    bar = Image.fromarray(np.repeat(interpolate(HEAT, shares)[np.newaxis], _LEGEND[1], axis=0))
    panel.page.paste(bar, (left, y - _LEGEND[1] // 2), rounded_mask(bar.size, _LEGEND[1] // 2))
    write(draw, (left - 10 - width(least, _SMALL), y), least, _SMALL)
