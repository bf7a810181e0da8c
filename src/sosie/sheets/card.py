"""One match, or the query, as a card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from sosie.sheets.lettering import Colour, Style, elided, printable, width, wrapped, write
from sosie.types import Match, Verdict

CARD_WIDTH, CARD_HEIGHT = 236, 340
QUERY_WIDTH = 320
_PAD = 16
_PICTURE = CARD_WIDTH - 2 * _PAD
_FINER = 3

PAPER: Colour = (255, 255, 255)
GROUND: Colour = (244, 245, 248)
INK: Colour = (24, 27, 37)
QUIET: Colour = (112, 118, 134)
LINE: Colour = (226, 229, 236)
NIGHT: Colour = (27, 30, 43)
NIGHT_QUIET: Colour = (160, 167, 186)
ACCENT: Colour = (79, 70, 229)
VERDICTS: Mapping[Verdict, tuple[Colour, Colour]] = {
    "match": ((22, 163, 98), (255, 255, 255)),
    "similar": ((245, 178, 62), (52, 34, 4)),
    "no match": ((104, 112, 132), (255, 255, 255)),
}

_TITLE = Style(17, INK, 0.35)
_SCORE = Style(22, INK, 0.5)
_SMALL = Style(14, QUIET)
_RANK = Style(14, PAPER, 0.4)
