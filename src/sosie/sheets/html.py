"""A result as a self-contained HTML fragment, for notebooks."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape

from sosie.errors import SosieError
from sosie.sheets.verdicts import near_matches, verdict_in_words
from sosie.support.urls import is_url
from sosie.types import Match, SearchResult

Thumbnail = Callable[[str], bytes]
"""Returns the JPEG of an item; raises a ``SosieError`` if there is none."""

_ROW = "display:flex;flex-wrap:wrap;gap:12px;font:13px/1.4 sans-serif"
_CARD = "width:150px;padding:8px;border:1px solid #8886;border-radius:8px;overflow-wrap:anywhere"
_PICTURE = "display:block;width:100%;height:130px;object-fit:contain"


def render_result_html(result: SearchResult, thumbnail: Thumbnail) -> str:
    """The query's name, its verdict and a card for each match, with thumbnails as data URIs."""
    verdict = verdict_in_words(result)
    head = f"<b>{escape(result.query)}</b>" + (f" · {escape(verdict)}" if verdict else "")
    cards = "".join(_card(match, thumbnail) for match in near_matches(result)) or "<p>nothing comes near</p>"
    return f'<div>{head}<div style="{_ROW}">{cards}</div></div>'


def _card(match: Match, thumbnail: Thumbnail) -> str:
    title = f"{match.rank}. {escape(str(match.attributes.get('title') or match.product_id))}"
    link = next((link for link in match.links if is_url(link)), None)
    if link:
        title = f'<a href="{escape(link)}" target="_blank" rel="noopener noreferrer">{title}</a>'
    lines = "".join(f"<br>{escape(line)}" for line in _lines(match))
    return f'<div style="{_CARD}">{_picture(match, thumbnail)}<b>{title}</b>{lines}</div>'


def _picture(match: Match, thumbnail: Thumbnail) -> str:
    try:
        data = base64.b64encode(thumbnail(match.item_id)).decode("ascii")
    except SosieError:
        return f'<div style="{_PICTURE}">no picture</div>'
    return f'<img style="{_PICTURE}" alt="{escape(match.item_id)}" src="data:image/jpeg;base64,{data}">'


def _lines(match: Match) -> list[str]:
    """The item's id, probability, score and further evidence."""
    probability = "" if match.same_product is None else f"{match.same_product:.0%} same product"
    score = "" if match.score is None else f"score {match.score:.3f}"
    return [line for line in (match.item_id, probability, score, match.agreement) if line]
