"""Draws a match and the query as cards."""

from __future__ import annotations

from pathlib import PurePath

from PIL import Image, ImageDraw

from sosie.roles import role_values
from sosie.sheets.lettering import Color, Style, drawable_text, elided, readable, width, wrapped, write
from sosie.sheets.palette import ACCENT, GREEN, GROUND, INK, LINE, NIGHT, NIGHT_INK, NIGHT_QUIET, PALE, PAPER, QUIET
from sosie.sheets.pills import draw_rank, draw_verdict
from sosie.sheets.shapes import fill_rounded, paste_contained
from sosie.sheets.verdicts import verdict_in_words
from sosie.types import Match, SearchResult

CARD_WIDTH, CARD_HEIGHT = 264, 420
QUERY_WIDTH = 344

_TITLE = Style(20, INK, 0.3)
_SCORE = Style(27, INK, 0.5)
_SMALL = Style(16, QUIET)
_NAME = Style(19, NIGHT_INK, 0.2)
_PAD, _ROUND = 16, 18
_LONGEST = 300


def match_card(match: Match, thumbnail: Image.Image | None, sure: bool) -> Image.Image:
    """A match as a card of ``CARD_WIDTH`` × ``CARD_HEIGHT`` pixels, RGB. ``sure`` frames it as a certain match."""
    card = Image.new("RGB", (CARD_WIDTH, CARD_HEIGHT), GROUND)
    frame = 3 if sure else 1
    fill_rounded(card, (0, 0, CARD_WIDTH, CARD_HEIGHT), _ROUND, GREEN if sure else LINE)
    fill_rounded(card, (frame, frame, CARD_WIDTH - frame, CARD_HEIGHT - frame), _ROUND - frame, PAPER)
    _draw_picture(card, thumbnail)
    draw_rank(card, (12, 12), match.rank, GREEN if sure else NIGHT)
    _draw_words(card, match)
    _draw_score(card, match)
    return card


def query_card(picture: Image.Image, result: SearchResult, height: int) -> Image.Image:
    """The query with its name and the verdict, on a dark card of ``QUERY_WIDTH`` × ``height`` pixels, RGB."""
    card = Image.new("RGB", (QUERY_WIDTH, height), GROUND)
    fill_rounded(card, (0, 0, QUERY_WIDTH, height), _ROUND, NIGHT)
    draw = ImageDraw.Draw(card)
    write(draw, (24, 32), "Query", Style(17, NIGHT_QUIET, 0.3))
    foot = 104 if result.verdict else 62
    bottom = paste_contained(card, picture, (22, 54, QUERY_WIDTH - 22, height - foot), 12)
    write(draw, (24, bottom + 28), elided(query_title(result.query), _NAME, QUERY_WIDTH - 48), _NAME)
    if result.verdict:
        draw_verdict(card, (22, bottom + 50), result.verdict, verdict_in_words(result))
    return card


def title_of(match: Match) -> str:
    """The product's title. Its id, if the title is missing or the fonts cannot show it."""
    title = role_values(match.attributes).get("title")
    if isinstance(title, str) and title.strip() and readable(title[:_LONGEST]):
        return drawable_text(title[:_LONGEST])
    return drawable_text(match.product_id[:_LONGEST])


def query_title(query: str) -> str:
    """The last part of a query's path or URL, in characters that the fonts can show."""
    return drawable_text((PurePath(query).name or query)[:_LONGEST])


def _draw_picture(card: Image.Image, thumbnail: Image.Image | None) -> None:
    box = (_PAD, _PAD, CARD_WIDTH - _PAD, CARD_WIDTH - _PAD)
    if thumbnail is not None:
        paste_contained(card, thumbnail, box, 10)
        return
    fill_rounded(card, box, 12, GROUND)
    words = "no picture"
    middle = CARD_WIDTH / 2
    write(ImageDraw.Draw(card), (middle - width(words, _SMALL) / 2, middle), words, _SMALL)


def _draw_words(card: Image.Image, match: Match) -> None:
    draw, room = ImageDraw.Draw(card), CARD_WIDTH - 2 * _PAD
    lines = wrapped(title_of(match), _TITLE, room, lines=2)
    for number, line in enumerate(lines):
        write(draw, (_PAD, 276 + 26 * number), line, _TITLE)
    write(draw, (_PAD, 276 + 26 * len(lines)), elided(_described(match), _SMALL, room), _SMALL)
    write(draw, (_PAD, 300 + 26 * len(lines)), match.agreement, _SMALL)


def _described(match: Match) -> str:
    roles = role_values(match.attributes)
    values = [value for value in (roles.get("brand"), roles.get("price")) if value is not None]
    words = [f"{value:,.2f}" if isinstance(value, float) else str(value) for value in values]
    return drawable_text((" · ".join(words) or match.product_id)[:_LONGEST])


def _draw_score(card: Image.Image, match: Match) -> None:
    draw, y = ImageDraw.Draw(card), 372
    score = "–" if match.score is None else f"{match.score:.2f}"
    write(draw, (_PAD, y), score, _SCORE)
    share = match.score or 0.0
    if match.same_product is not None:
        share = match.same_product
        text = f"{share:.0%} same product"
        write(draw, (CARD_WIDTH - _PAD - width(text, _SMALL), y), text, _SMALL)
    _draw_bar(card, share, ACCENT if match.same_product is None else GREEN)


def _draw_bar(card: Image.Image, share: float, color: Color) -> None:
    left, top, right, bottom = _PAD, CARD_HEIGHT - 24, CARD_WIDTH - _PAD, CARD_HEIGHT - 18
    fill_rounded(card, (left, top, right, bottom), 3, PALE)
    filled = round((right - left) * min(1.0, share))
    if filled >= bottom - top:
        fill_rounded(card, (left, top, left + filled, bottom), 3, color)
