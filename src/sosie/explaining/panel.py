"""The card of one explanation: a heading, two pictures on a dark background, and a caption."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from sosie.sheets.card import title_of
from sosie.sheets.lettering import Style, elided, width, write
from sosie.sheets.palette import GREEN, GROUND, INK, LINE, NIGHT, NIGHT_QUIET, PAPER, QUIET
from sosie.sheets.pills import RANK_HEIGHT, draw_rank
from sosie.sheets.shapes import fill_rounded, on_white, rounded_mask
from sosie.types import Match

PANEL_WIDTH = 1180
PAD = 28
CAPTION_HEIGHT = 60

_HEADING, _GAP, _BOX = 72, 96, (500, 500)
_STAGE_INSET, _STAGE_PAD = 12, 16
_ROUND, _STAGE_ROUND, _PICTURE_ROUND = 22, 14, 8
_MOST_ENLARGED = 2.0

_TITLE = Style(23, INK, 0.4)
_FIGURE = Style(21, INK, 0.4)
_SMALL = Style(17, QUIET)
_CAPTION = Style(20, INK, 0.3)
_MISSING = Style(18, NIGHT_QUIET)


@dataclass(frozen=True, slots=True)
class Placed:
    """An RGB picture and the position of its upper left corner on a panel."""

    picture: Image.Image
    corner: tuple[int, int]

    def within(self, fractions: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Converts fractions of the picture, shape (n, 2), to its own pixels."""
        return np.asarray(fractions, np.float64).reshape(-1, 2) * self.picture.size

    def on_page(self, fractions: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Converts fractions of the picture, shape (n, 2), to pixels of the panel."""
        return self.within(fractions) + self.corner


@dataclass(frozen=True, slots=True)
class Panel:
    """An unfinished card: its page, and the placed pictures of query and item (None without a picture)."""

    page: Image.Image
    query: Placed
    item: Placed | None


def lay_out(match: Match, query: Image.Image, item: Image.Image | None, sure: bool = False) -> Panel:
    """A card of ``PANEL_WIDTH`` pixels with its heading. Both pictures have their places, but are not pasted yet.

    ``sure`` marks a certain match. Small pictures are enlarged at most twice.
    """
    left, right = _fitted(query), None if item is None else _fitted(item)
    tall = max(left.height, right.height if right else 0) + 2 * _STAGE_PAD
    page = Image.new("RGB", (PANEL_WIDTH, _HEADING + tall + CAPTION_HEIGHT), GROUND)
    fill_rounded(page, (0, 0, *page.size), _ROUND, LINE)
    fill_rounded(page, (1, 1, page.width - 1, page.height - 1), _ROUND - 1, PAPER)
    fill_rounded(page, (_STAGE_INSET, _HEADING, PANEL_WIDTH - _STAGE_INSET, _HEADING + tall), _STAGE_ROUND, NIGHT)
    _head(page, match, sure)
    middles = [(PANEL_WIDTH + side * (_BOX[0] + _GAP)) // 2 for side in (-1, 1)]
    y = _HEADING + tall // 2
    if right is None:
        _write_missing(page, middles[1], y)
    return Panel(page, _place(left, middles[0], y), _place(right, middles[1], y) if right else None)


def paste(panel: Panel, placed: Placed, picture: Image.Image | None = None) -> None:
    """Pastes a placed picture with rounded corners, or another picture of the same size in its place."""
    shown = placed.picture if picture is None else picture
    panel.page.paste(shown, placed.corner, rounded_mask(shown.size, _PICTURE_ROUND))


def write_caption(panel: Panel, statement: str, remark: str = "") -> None:
    """Write the caption below the pictures: a statement and, less prominent, a remark."""
    draw, y = ImageDraw.Draw(panel.page), panel.page.height - CAPTION_HEIGHT / 2
    write(draw, (PAD, y), statement, _CAPTION)
    write(draw, (PAD + width(statement, _CAPTION) + 16, y), remark, _SMALL)


def _head(page: Image.Image, match: Match, sure: bool) -> None:
    draw, y = ImageDraw.Draw(page), _HEADING / 2
    draw_rank(page, (PAD, round(y) - RANK_HEIGHT // 2), match.rank, GREEN if sure else NIGHT)
    right = float(PANEL_WIDTH - PAD)
    for figure, words in _figures(match):
        right -= width(words, _SMALL)
        write(draw, (right, y), words, _SMALL)
        right -= width(figure, _FIGURE) + 9
        write(draw, (right, y), figure, _FIGURE)
        right -= 30
    left = PAD + 50
    write(draw, (left, y), elided(title_of(match), _TITLE, right - left), _TITLE)


def _figures(match: Match) -> list[tuple[str, str]]:
    """The figures at the right of the heading with their words, from right to left."""
    likely = [] if match.same_product is None else [(f"{match.same_product:.0%}", "same product")]
    alike = [] if match.score is None else [(f"{match.score:.2f}", "similarity")]
    return likely + alike


def _write_missing(page: Image.Image, middle: int, y: int) -> None:
    words = "no picture of it in the catalog"
    write(ImageDraw.Draw(page), (middle - width(words, _MISSING) / 2, y), words, _MISSING)


def _fitted(picture: Image.Image) -> Image.Image:
    scale = min(_BOX[0] / picture.width, _BOX[1] / picture.height, _MOST_ENLARGED)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return on_white(picture).resize(size, Image.Resampling.LANCZOS)


def _place(picture: Image.Image, middle: int, y: int) -> Placed:
    return Placed(picture, (middle - picture.width // 2, y - picture.height // 2))
