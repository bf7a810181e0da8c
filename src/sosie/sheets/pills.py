"""Draws short texts on colored pills: a rank, a verdict."""

from __future__ import annotations

from PIL import Image, ImageDraw

from sosie.sheets.lettering import Color, Style, width, write
from sosie.sheets.palette import PAPER, VERDICTS
from sosie.sheets.shapes import fill_rounded
from sosie.types import Verdict

RANK_HEIGHT = 32
VERDICT_HEIGHT = 34

_RANK = Style(17, PAPER, 0.4)


def draw_rank(page: Image.Image, corner: tuple[int, int], rank: int, color: Color) -> None:
    """Draw a rank with its upper left corner at ``corner``. A single digit gets a circle."""
    text = str(rank)
    room = max(RANK_HEIGHT, round(width(text, _RANK)) + 18)
    left, top = corner
    fill_rounded(page, (left, top, left + room, top + RANK_HEIGHT), RANK_HEIGHT // 2, color)
    write(ImageDraw.Draw(page), (left + (room - width(text, _RANK)) / 2, top + RANK_HEIGHT / 2), text, _RANK)


def verdict_width(verdict: Verdict, words: str = "") -> int:
    """The width of a verdict in pixels; ``words`` replaces its text."""
    return round(width(words or verdict, _verdict_style(verdict))) + 32


def draw_verdict(page: Image.Image, corner: tuple[int, int], verdict: Verdict, words: str = "") -> None:
    """Draw a verdict in its color with its upper left corner at ``corner``; ``words`` replaces its text."""
    left, top = corner
    right, bottom = left + verdict_width(verdict, words), top + VERDICT_HEIGHT
    fill_rounded(page, (left, top, right, bottom), VERDICT_HEIGHT // 2, VERDICTS[verdict][0])
    write(ImageDraw.Draw(page), (left + 16, (top + bottom) / 2), words or verdict, _verdict_style(verdict))


def _verdict_style(verdict: Verdict) -> Style:
    return Style(18, VERDICTS[verdict][1], 0.4)
