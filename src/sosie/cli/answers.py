"""Prints results: a table for each on a terminal, only item ids, or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import click

from sosie.cli.output import escape_for_terminal, value_text
from sosie.cli.tables import Column, print_table
from sosie.roles import Role, role_values
from sosie.sheets.verdicts import FAR, near_matches, verdict_in_words
from sosie.support.spreadsheets import neutralize
from sosie.types import AttributeValue, Match, SearchResult

CSV_ROLES: tuple[Role, ...] = ("title", "brand", "price", "currency")
CSV_HEADER = (
    "query", "verdict", "rank", "product_id", "item_id", "score", "same_product", *CSV_ROLES, "image", "link",
)  # fmt: skip


def print_results(results: Sequence[SearchResult], verbose: bool = False) -> None:
    """Prints a table for each result. ``verbose`` adds unlikely matches, the embedder and the calibration."""
    from rich.console import Console
    from rich.text import Text

    for result in results:
        console = Console(highlight=False)
        console.print(
            Text(
                escape_for_terminal(
                    f"{result.query}: {verdict}" if (verdict := verdict_in_words(result)) else result.query
                ),
                style="bold",
            ),
            soft_wrap=True,
        )
        shown = result.matches if verbose else near_matches(result)
        if shown:
            print_table(_columns(result, shown))
        if folded := len(result.matches) - len(shown):
            click.echo(f"{folded} more with a probability under {FAR:.0%}: -v shows them")
        if verbose:
            click.echo(_basis(result))


def print_ids(results: Sequence[SearchResult]) -> None:
    """Prints the item ids of all matches, one a line, for other programs."""
    for match in (match for result in results for match in result.matches):
        click.echo(escape_for_terminal(match.item_id))


def results_to_csv(results: Sequence[SearchResult]) -> str:
    """All results as a CSV table with a header and a row for each match."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(CSV_HEADER)
    rows = (_csv_row(result, match) for result in results for match in result.matches)
    table.writerows([neutralize(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace").decode()


def _basis(result: SearchResult) -> str:
    seconds = sum(result.timings.values())
    calibration = result.calibration or "none"
    return f"embedder {result.embedder}, calibration {calibration}, {1000 * seconds:.0f} ms"


def _columns(result: SearchResult, matches: Sequence[Match]) -> list[Column]:
    columns = [
        Column("#", tuple(str(match.rank) for match in matches), right=True),
        Column("score", tuple("" if match.score is None else f"{match.score:.3f}" for match in matches), right=True),
    ]
    if result.calibration:
        columns.append(Column("same", tuple(map(_probability, matches)), right=True))
    targets = tuple(map(_target, matches))
    columns.append(Column("product", tuple(map(_name, matches)), least=24, links=targets))
    columns.append(Column("price", tuple(map(_price, matches)), right=True, least=12, yields=1))
    for name, yields in (("brand", 3), ("type", 4)):
        columns.append(Column(name, tuple(_text(match, name) for match in matches), least=6, yields=yields))
    if any(match.agreement for match in matches) and not _is_by_score(matches):
        columns.append(Column("placed by", tuple(match.agreement for match in matches), least=10, yields=2))
    columns.append(Column("picture", tuple(map(_shown_link, matches)), least=30, yields=5, links=targets))
    return [column for column in columns if any(column.cells)]


def _is_by_score(matches: Sequence[Match]) -> bool:
    scores = [match.score for match in matches if match.score is not None]
    return scores == sorted(scores, reverse=True)


def _probability(match: Match) -> str:
    return "" if match.same_product is None else f"{match.same_product:.0%}"


def _name(match: Match) -> str:
    title = role_values(match.attributes).get("title")
    views = f" ({match.views} views)" if match.views > 1 else ""
    return (f"{title}  [{match.product_id}]" if title else match.product_id) + views


def _price(match: Match) -> str:
    price = value_text(_value(match, "price"), is_price=True)
    return " ".join(text for text in (price, value_text(_value(match, "currency"))) if text)


def _text(match: Match, name: str) -> str:
    return value_text(_value(match, name))


def _value(match: Match, name: str) -> AttributeValue | None:
    roles = {str(role): value for role, value in role_values(match.attributes).items()}
    return match.attributes.get(name, roles.get(name))


def _csv_row(result: SearchResult, match: Match) -> tuple[object, ...]:
    roles = (_text(match, role) for role in CSV_ROLES)
    picture = match.image if isinstance(match.image, str) else match.image[0]
    return (
        result.query, result.verdict, match.rank, match.product_id, match.item_id, match.score, match.same_product,
        *roles, picture, match.links[0] if match.links else "",
    )  # fmt: skip


def _shown_link(match: Match) -> str:
    if match.links:
        return match.links[0]
    return match.image if isinstance(match.image, str) else match.image[0]


def _target(match: Match) -> str:
    shown = _shown_link(match)
    return escape_for_terminal(shown if "://" in shown else Path(shown).absolute().as_uri())
