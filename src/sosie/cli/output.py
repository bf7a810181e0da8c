"""What a person, or another program, reads."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.roles import Role, role_values
from sosie.types import JSON, Match, Rejection, SearchResult

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

SHOWN: tuple[Role | str, ...] = ("brand", "type", "price")
"""Columns of a table of answers: roles, or attributes by their names."""

SHOWN_REJECTIONS = 10
WIDTH_IN_A_FILE = 200
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def escape_for_terminal(text: str) -> str:
    """The text in one line, with what would steer a terminal, or cannot be written as UTF-8, as an escape."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def dump(data: JSON) -> str:
    """JSON as every command prints it."""
    text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=False)
    return text.encode("utf-8", "backslashreplace").decode()


def results_to_dict(results: Sequence[SearchResult]) -> dict[str, JSON]:
    """The JSON of several answers."""
    return {"results": [result.to_dict() for result in results]}


def write_results(path: str, results: Sequence[SearchResult]) -> None:
    """Write the JSON of several answers to a file, folders made as needed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(dump(results_to_dict(results)) + "\n", encoding="utf-8")


def print_results(results: Sequence[SearchResult]) -> None:
    """A table for each answer."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH_IN_A_FILE)
    for result in results:
        console.print(_heading(result), soft_wrap=True)
        console.print(_table(result))


def print_rejections(rejections: Sequence[Rejection], listing: str = "--rejections FILE.csv") -> None:
    """The first rejections, how many more there are, and which option lists them all."""
    for rejection in rejections[:SHOWN_REJECTIONS]:
        told = [part for part in (rejection.item_id, rejection.stage, rejection.reason) if part]
        click.echo(f"  {escape_for_terminal(': '.join(told))}", err=True)
    if len(rejections) > SHOWN_REJECTIONS:
        click.echo(f"  … and {len(rejections) - SHOWN_REJECTIONS} more; {listing} lists all", err=True)


def _heading(result: SearchResult) -> Text:
    """The query's name, unbroken, so that a long path can be copied."""
    from rich.text import Text

    told = result.query if result.verdict is None else f"{result.query}: {result.verdict}"
    return Text(escape_for_terminal(told), style="bold")


def _table(result: SearchResult) -> Table:
    from rich.table import Table

    shown = [name for name in SHOWN if any(_shown_value(match, name) is not None for match in result.matches)]
    table = Table(header_style="dim", box=None, pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    if result.calibration:
        table.add_column("same", justify="right", no_wrap=True)
    table.add_column("product", no_wrap=True, overflow="ellipsis")
    for name in shown:
        table.add_column(name, justify="right" if name == "price" else "left", no_wrap=True)
    moved = any(match.agreement for match in result.matches) and not _is_by_score(result.matches)
    if moved:
        table.add_column("placed by", no_wrap=True)
    table.add_column("picture", overflow="ellipsis", min_width=24)
    for match in result.matches:
        table.add_row(*_row(match, shown, bool(result.calibration), moved))
    if not result.matches:
        table.caption = "no match passes what was asked: widen --where, or lower --min-probability"
    return table


def _is_by_score(matches: Sequence[Match]) -> bool:
    scores = [match.score for match in matches if match.score is not None]
    return scores == sorted(scores, reverse=True)


def _row(match: Match, shown: Sequence[str], calibrated: bool, moved: bool) -> list[JSON]:
    from rich.style import Style
    from rich.text import Text

    probability = [] if not calibrated else ["" if match.same_product is None else f"{match.same_product:.0%}"]
    return [
        str(match.rank),
        "" if match.score is None else f"{match.score:.3f}",
        *probability,
        Text(escape_for_terminal(_name(match))),
        *(Text(escape_for_terminal(_value(_shown_value(match, name)))) for name in shown),
        *([match.agreement] if moved else []),
        Text(escape_for_terminal(_shown_link(match)), style=Style(link=escape_for_terminal(_target(match)))),
    ]


def _name(match: Match) -> str:
    title = role_values(match.attributes).get("title")
    views = f" ({match.views} views)" if match.views > 1 else ""
    return (f"{title}  [{match.product_id}]" if title else match.product_id) + views


def _shown_value(match: Match, name: str) -> object:
    return match.attributes.get(
        name, {str(role): value for role, value in role_values(match.attributes).items()}.get(name)
    )


def _value(value: object) -> str:
    return "" if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)


def _shown_link(match: Match) -> str:
    return match.links[0] if match.links else _first(match.image)


def _target(match: Match) -> str:
    shown = _shown_link(match)
    return shown if "://" in shown else Path(shown).absolute().as_uri()


def _first(image: str | tuple[str, ...]) -> str:
    return image if isinstance(image, str) else image[0]
