"""The explanation of a result: a header, and a panel for each match."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from sosie.errors import UsageError
from sosie.explaining.agreement import draw_agreement
from sosie.explaining.heat import draw_heat_map
from sosie.explaining.occlusion import heat_map
from sosie.explaining.panel import PANEL_WIDTH, lay_out, paste, write_caption
from sosie.explaining.sides import ItemSide, QuerySide
from sosie.sheets.card import query_title
from sosie.sheets.lettering import Style, elided, write
from sosie.sheets.palette import GROUND, NIGHT, NIGHT_INK, NIGHT_QUIET, QUIET
from sosie.sheets.pills import VERDICT_HEIGHT, draw_verdict, verdict_width
from sosie.sheets.shapes import fill_rounded, paste_contained
from sosie.types import Match, SearchResult

MOST_MATCHES = 3

_MARGIN, _GAP = 32, 20
_HEADER_HEIGHT, _ROUND, _THUMBNAIL = 96, 22, 64
_LABEL = Style(16, NIGHT_QUIET, 0.3)
_NAME = Style(22, NIGHT_INK, 0.3)


def explain(result: SearchResult, query: QuerySide, items: Sequence[ItemSide], most: int = MOST_MATCHES) -> Image.Image:
    """An RGB picture that explains the first ``most`` matches of a result, one below the other.

    ``items`` belong to ``result.matches`` in the same order; items after ``most`` are not needed. A match with agreeing
    details shows them. Otherwise a heat map is shown if the item's vector and ``query.embed`` are given; else only both
    pictures. ``UsageError`` if ``most`` is below 1, if items are missing, or if an agreement lacks the details of a
    picture.
    """
    if most < 1:
        raise UsageError(f"cannot explain {most} matches; expected at least 1")
    matches = result.matches[:most]
    if len(items) < len(matches):
        raise UsageError(f"got {len(items)} items for {len(matches)} matches; expected one for each match, in order")
    sure = result.verdict == "match"
    panels = [
        explain_match(match, query, item, sure and number == 0)
        for number, (match, item) in enumerate(zip(matches, items, strict=False))
    ]
    return _stacked([_header(result, query.picture), *(panels or [_nothing()])])


def explain_match(match: Match, query: QuerySide, item: ItemSide, sure: bool = False) -> Image.Image:
    """Explains a match by its agreeing details, else by a heat map, else by both pictures alone."""
    if item.agreement is not None:
        return draw_agreement(match, query, item, sure=sure)
    if item.vector is not None and query.embed is not None:
        return draw_heat_map(
            match, query.picture, item.picture, heat_map(query.embed, query.picture, item.vector), sure
        )
    panel = lay_out(match, query.picture, item.picture, sure)
    for placed in (panel.query, panel.item):
        if placed is not None:
            paste(panel, placed)
    write_caption(panel, "No explanation", "neither points nor vectors of both pictures are available")
    return panel.page


def _header(result: SearchResult, picture: Image.Image) -> Image.Image:
    header = Image.new("RGB", (PANEL_WIDTH, _HEADER_HEIGHT), GROUND)
    fill_rounded(header, (0, 0, *header.size), _ROUND, NIGHT)
    inset = (_HEADER_HEIGHT - _THUMBNAIL) // 2
    paste_contained(header, picture, (inset, inset, inset + _THUMBNAIL, inset + _THUMBNAIL), 8)
    left, right = 2 * inset + _THUMBNAIL + 4, PANEL_WIDTH - inset - 8
    if result.verdict:
        right -= verdict_width(result.verdict)
        draw_verdict(header, (right, (_HEADER_HEIGHT - VERDICT_HEIGHT) // 2), result.verdict)
    draw = ImageDraw.Draw(header)
    write(draw, (left, 33), "Query", _LABEL)
    write(draw, (left, 60), elided(query_title(result.query), _NAME, right - left - 24), _NAME)
    return header


def _nothing() -> Image.Image:
    page = Image.new("RGB", (PANEL_WIDTH, 120), GROUND)
    write(ImageDraw.Draw(page), (28, 60), "Nothing found", Style(24, QUIET))
    return page


def _stacked(parts: Sequence[Image.Image]) -> Image.Image:
    height = sum(part.height for part in parts) + _GAP * (len(parts) - 1) + 2 * _MARGIN
    page = Image.new("RGB", (PANEL_WIDTH + 2 * _MARGIN, height), GROUND)
    y = _MARGIN
    for part in parts:
        page.paste(part, (_MARGIN, y))
        y += part.height + _GAP
    return page
