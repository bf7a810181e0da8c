"""Lays out a contact sheet: one block for each query, with its matches beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from PIL import Image, ImageDraw

from sosie.errors import UsageError
from sosie.sheets.card import CARD_HEIGHT, CARD_WIDTH, QUERY_WIDTH, match_card, query_card
from sosie.sheets.lettering import Style, write
from sosie.sheets.palette import GROUND, QUIET
from sosie.sheets.verdicts import near_matches
from sosie.types import SearchResult

Answer: TypeAlias = tuple[Image.Image, SearchResult, Sequence[Image.Image | None]]
"""The query's picture, its result, and a thumbnail for each match in order (None without one)."""

COLUMNS = 5
_MARGIN, _GAP, _BLOCK_GAP = 36, 18, 44


def contact_sheet(answers: Sequence[Answer]) -> Image.Image:
    """All answers on one RGB picture: queries on the left, up to five matches in a row beside each.

    A match shows rank, picture, title and score, and the probability if the catalog is calibrated. Under "no match",
    very unlikely matches are left out. ``UsageError`` without any answer, or if an answer has not as many thumbnails as
    matches.
    """
    if not answers:
        raise UsageError("a contact sheet needs at least one answer")
    blocks = [_block(*answer) for answer in answers]
    height = sum(block.height for block in blocks) + _BLOCK_GAP * (len(blocks) - 1)
    page = Image.new("RGB", (max(block.width for block in blocks) + 2 * _MARGIN, height + 2 * _MARGIN), GROUND)
    y = _MARGIN
    for block in blocks:
        page.paste(block, (_MARGIN, y))
        y += block.height + _BLOCK_GAP
    return page


def _block(picture: Image.Image, result: SearchResult, thumbnails: Sequence[Image.Image | None]) -> Image.Image:
    if len(thumbnails) != len(result.matches):
        raise UsageError(
            f"got {len(thumbnails)} thumbnails for {len(result.matches)} matches; expected one for each match, "
            "None for a match without a thumbnail"
        )
    near = near_matches(result)
    shown = [(match, thumbnail) for match, thumbnail in zip(result.matches, thumbnails, strict=True) if match in near]
    columns = min(COLUMNS, max(1, len(shown)))
    rows = max(1, -(-len(shown) // COLUMNS))
    width, height = (QUERY_WIDTH + columns * (CARD_WIDTH + _GAP), rows * (CARD_HEIGHT + _GAP) - _GAP)
    block = Image.new("RGB", (width, height), GROUND)
    block.paste(query_card(picture, result, height), (0, 0))
    for number, (match, thumbnail) in enumerate(shown):
        row, column = divmod(number, COLUMNS)
        card = match_card(match, thumbnail, sure=number == 0 and result.verdict == "match")
        block.paste(card, (QUERY_WIDTH + _GAP + column * (CARD_WIDTH + _GAP), row * (CARD_HEIGHT + _GAP)))
    if not shown:
        write(
            ImageDraw.Draw(block),
            (QUERY_WIDTH + 2 * _GAP, height / 2),
            "Nothing comes near" if result.matches else "Nothing found",
            Style(24, QUIET),
        )
    return block
