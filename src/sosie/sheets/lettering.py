"""Text in pictures: fonts for the scripts that the machine supports, and lines that fit their space."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TypeAlias, cast

from PIL import ImageDraw, ImageFont, features

Color: TypeAlias = tuple[int, int, int]

ELLIPSIS = "…"
_STAND_IN = "·"
_NO_CHARACTER = "\uffff"
_SYSTEM_FONTS = (
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "Arial.ttf",
    "NotoSansCJK-Regular.ttc",
    "Hiragino Sans GB.ttc",
    "msyh.ttc",
    "wqy-zenhei.ttc",
    "NotoSansArabic-Regular.ttf",
    "NotoSansDevanagari-Regular.ttf",
    "Arial Unicode.ttf",
    "seguisym.ttf",
)


@dataclass(frozen=True, slots=True)
class Style:
    """Style of a line: letter height in pixels, color, and extra stroke width in pixels."""

    height: int
    color: Color
    bold: float = 0.0


def width(text: str, style: Style) -> float:
    """The width of a line in pixels."""
    return sum(font.getlength(part) for part, font in _runs(text, style.height)) + 2 * style.bold


def elided(text: str, style: Style, room: float) -> str:
    """The text, shortened with an ellipsis if it does not fit into ``room`` pixels."""
    if width(text, style) <= room:
        return text
    kept = len(text)
    while kept and width(text[:kept].rstrip() + ELLIPSIS, style) > room:
        kept -= 1
    return text[:kept].rstrip() + ELLIPSIS


def wrapped(text: str, style: Style, room: float, lines: int) -> list[str]:
    """The text, broken between words into at most ``lines`` lines. What does not fit is shortened with an ellipsis."""
    words = text.split()
    broken: list[str] = []
    while words and len(broken) < lines - 1:
        taken = 1
        while taken < len(words) and width(" ".join(words[: taken + 1]), style) <= room:
            taken += 1
        broken.append(elided(" ".join(words[:taken]), style, room))
        words = words[taken:]
    return [*broken, elided(" ".join(words), style, room)] if words else broken


def write(draw: ImageDraw.ImageDraw, xy: tuple[float, float], text: str, style: Style) -> None:
    """Draw a line with its left end at ``xy``, vertically centered."""
    x, y = xy
    baseline = y + 0.36 * style.height
    for part, font in _runs(text, style.height):
        draw.text((x, baseline), part, style.color, font, anchor="ls", stroke_width=style.bold)
        x += font.getlength(part)


def drawable_text(text: str) -> str:
    """The text in characters that the fonts can show. A missing character loses its accent, or becomes a dot."""
    return "".join(map(_shown, " ".join(text.split())))


def readable(text: str) -> bool:
    """True if most of the text's letters can be shown."""
    letters = [c for c in text if c.isalnum()]
    return 2 * sum(_STAND_IN not in _shown(c) for c in letters) >= max(1, len(letters))


def _shown(character: str) -> str:
    if unicodedata.category(character).startswith("C"):
        return ""
    if _has_font(character):
        return character
    plain = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    return "".join(c if _has_font(c) else _STAND_IN for c in plain)


@lru_cache(maxsize=4096)
def _has_font(character: str) -> bool:
    return character.isspace() or any(_covers(i, character) for i in range(len(_basic_fonts())))


def _runs(text: str, height: int) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
    fonts = _fonts(height)
    whole = next((i for i in range(len(fonts)) if all(c.isspace() or _covers(i, c) for c in text)), None)
    if whole is not None:
        yield text, fonts[whole]
        return
    for number, characters in groupby(text, _first_font_covering):
        yield "".join(characters), fonts[number]


def _first_font_covering(character: str) -> int:
    return next((i for i in range(len(_basic_fonts())) if _covers(i, character)), 0)


@lru_cache(maxsize=16384)
def _covers(number: int, character: str) -> bool:
    font = _basic_fonts()[number]
    return bytes(font.getmask(character)) != bytes(font.getmask(_NO_CHARACTER))


@lru_cache(maxsize=16)
def _fonts(height: int) -> Sequence[ImageFont.FreeTypeFont]:
    best = ImageFont.Layout.RAQM if features.check_feature("raqm") else ImageFont.Layout.BASIC
    return tuple(font.font_variant(size=height, layout_engine=best) for font in _basic_fonts())


@lru_cache(maxsize=1)
def _basic_fonts() -> Sequence[ImageFont.FreeTypeFont]:
    """The bundled font and the system's fonts in the basic layout, which shows which characters are missing."""
    simple = ImageFont.Layout.BASIC
    fonts = [cast(ImageFont.FreeTypeFont, ImageFont.load_default(16)).font_variant(layout_engine=simple)]
    for name in _SYSTEM_FONTS:
        try:
            fonts.append(ImageFont.truetype(name, 16, layout_engine=simple))
        except OSError:
            continue
    return tuple(fonts)
