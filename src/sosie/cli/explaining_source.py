"""Prints how a source is read, for checking: ``sosie index SOURCE --explain-source``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sosie.cli.output import dump, escape_for_terminal
from sosie.errors import SourceError
from sosie.sources.streamed import report_of
from sosie.types import Item, Rejection

if TYPE_CHECKING:
    from sosie.sources.base import Source
    from sosie.sources.report import SourceReport

_ITEMS_SHOWN = 3
_LONGEST = 200


def explain_source(source: Source, as_json: bool) -> None:
    """Reads a whole source and prints how it was read, with its first items. Nothing is indexed."""
    shown: list[Item] = []
    rejected: list[Rejection] = []
    items, failure = _read(source, shown, rejected)
    report = report_of(source)
    if as_json:
        first = [{**asdict(item), "picture": None if item.picture is None else len(item.picture)} for item in shown]
        click.echo(dump({
            **report.to_dict(), "items": items, "first": first, "rejected": list(map(asdict, rejected)),
            "failure": failure,
        }))  # fmt: skip
        return
    for line in _lines(report, items, shown, rejected, failure):
        click.echo(escape_for_terminal(line))


def _read(source: Source, shown: list[Item], rejected: list[Rejection]) -> tuple[int, str]:
    """The number of items, and the reason if the reading ended early. The lists receive the first entries."""
    items = 0
    try:
        for entry in source:
            if isinstance(entry, Rejection):
                rejected.append(entry)
            else:
                items += 1
                shown += [entry] if len(shown) < _ITEMS_SHOWN else []
    except SourceError as error:
        return items, str(error)
    return items, ""


def _lines(
    report: SourceReport, items: int, shown: list[Item], rejected: list[Rejection], failure: str
) -> Iterator[str]:
    yield f"{report.source}: {report.format or 'a source of its own'}"
    yield from (f"  {name}: {value}" for name, value in report.dialect.items())
    if report.roles:
        yield "roles (change one with --column ROLE=NAME)"
        yield from (f"  {role}: {', '.join(columns) or 'none'}" for role, columns in report.roles.items())
    if report.types:
        yield "attributes (change a type with --type NAME=TYPE)"
        yield from (f"  {name}: {kind}" for name, kind in report.types.items())
    if report.left_out:
        yield "left out"
        yield from (f"  {name}: {reason}" for name, reason in report.left_out.items())
    yield f"{items:,} items, {len(rejected):,} rows rejected"
    for item in shown:
        yield from _item_lines(item)
    yield from (
        f"  rejected {rejection.item_id}: {rejection.reason}" for rejection in itertools.islice(rejected, _ITEMS_SHOWN)
    )
    notes = [note for note in report.sentences() if not note.startswith("columns left out")]
    yield from (f"note: {note}" for note in notes)
    if failure:
        yield f"error: {failure}"


def _item_lines(item: Item) -> Iterator[str]:
    image = item.image if isinstance(item.image, str) else " | ".join(item.image)
    yield f"  {item.item_id} of product {item.product_id}"
    yield f"    image: {image}"[:_LONGEST]
    if item.links:
        yield f"    links: {', '.join(item.links)}"[:_LONGEST]
    for name, value in item.attributes.items():
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        yield f"    {name}: {text}"[:_LONGEST]
