"""Formats output for people and other programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import click

from sosie.types import JSON, AttributeValue, Rejection, SearchResult

SHOWN_REJECTIONS = 10
WIDTH_IN_A_FILE = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def escape_for_terminal(text: str) -> str:
    """The text in one line. Control characters, and characters that are not UTF-8, become escapes."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def value_text(value: AttributeValue | None, is_price: bool = False) -> str:
    """An attribute's value for a table: empty for None, a price with its cents."""
    if isinstance(value, float) and is_price and value == round(value, 2):
        return f"{value:.2f}"
    return "" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)


def dump(data: JSON) -> str:
    """JSON text in the format of all commands."""
    text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=False)
    return text.encode("utf-8", "backslashreplace").decode()


def results_to_dict(results: Sequence[SearchResult]) -> dict[str, JSON]:
    """Several results as plain JSON."""
    return {"results": [result.to_dict() for result in results]}


def write_results(path: str, results: Sequence[SearchResult]) -> None:
    """Writes several results to a JSON file. Creates folders if needed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(dump(results_to_dict(results)) + "\n", encoding="utf-8")


def print_rejections(rejections: Sequence[Rejection], listing: str = "--rejections FILE.csv") -> None:
    """Prints the first rejections, the number of the others, and the option that lists all."""
    for rejection in rejections[:SHOWN_REJECTIONS]:
        parts = [part for part in (rejection.item_id, rejection.stage, rejection.reason) if part]
        click.echo(f"  {escape_for_terminal(': '.join(parts))}", err=True)
    if len(rejections) > SHOWN_REJECTIONS:
        click.echo(f"  … and {len(rejections) - SHOWN_REJECTIONS} more; {listing} lists all", err=True)
