"""``sosie duplicates``."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.cli.options import NewFile, json_option, store_option, workers_option
from sosie.cli.output import dump, escape_for_terminal
from sosie.cli.progress import progress_bar
from sosie.support.wording import amount

if TYPE_CHECKING:
    from sosie.duplicates.records import DuplicateGroup, DuplicateReport, Likeness

COLUMNS = ("group", "item_id", "product_id", "listed_twice", "like", "reason", "agreement", "edits", "turned")
SHOWN_GROUPS = 20
SHOWN_DAMAGED = 5


@click.command("duplicates")
@store_option
@json_option
@click.option("--csv", "csv_file", type=NewFile(), metavar="FILE", help="Write a table with a row for each item.")
@click.option("--html", "html_file", type=NewFile(), metavar="FILE", help="Write one page with pictures.")
@workers_option
def duplicates_command(
    uri: str, as_json: bool, csv_file: str | None, html_file: str | None, workers: int | None
) -> None:
    """Find pictures that are copies of each other, and products that are listed twice.

    Copies may be resized, cropped, turned, mirrored, recolored, or have a badge. Nothing is changed.

    \b
    Examples:
      sosie duplicates --store shop.sosie
      sosie duplicates --store shop.sosie --html duplicates.html --csv duplicates.csv
      sosie duplicates --store shop.sosie --json
    """
    import sosie

    with sosie.open(uri) as catalog:
        with progress_bar("comparing", hidden=as_json) as advance:
            report = catalog.duplicates(workers=workers, on_progress=advance)
        if html_file:
            Path(html_file).write_text(catalog.duplicates_page(report), encoding="utf-8")
    if csv_file:
        _write_table(csv_file, report)
    if as_json:
        click.echo(dump(report.to_dict()))
    else:
        _print_groups(report)
    if report.damaged:
        shown = ", ".join(report.damaged[:SHOWN_DAMAGED]) + (", …" if len(report.damaged) > SHOWN_DAMAGED else "")
        click.echo(
            escape_for_terminal(
                f"{amount(len(report.damaged), 'thumbnail')} cannot be read, compared by bytes only: {shown}; "
                f"`sosie check --repair --store {uri}` makes them again"
            ),
            err=True,
        )


def _print_groups(report: DuplicateReport) -> None:
    from sosie.duplicates.describing import describe_likeness

    for group in report.groups[:SHOWN_GROUPS]:
        click.echo(escape_for_terminal(_heading(group)))
        for likeness in group.evidence:
            click.echo(escape_for_terminal(f"  {likeness.first} – {likeness.second}: {describe_likeness(likeness)}"))
    if len(report.groups) > SHOWN_GROUPS:
        click.echo(f"… and {len(report.groups) - SHOWN_GROUPS} more; --html, --csv and --json hold all")
    twice = sum(group.listed_twice for group in report.groups)
    click.echo(
        f"{amount(len(report.groups), 'group')} among {amount(report.items, 'item')}, "
        f"{twice} with more than one product; {amount(report.compared, 'pair')} compared in {report.seconds:.1f} s"
    )


def _heading(group: DuplicateGroup) -> str:
    products = ", ".join(dict.fromkeys(group.products))
    shown = f"several products: {products}" if group.listed_twice else products
    return f"{amount(len(group.items), 'item')} of {shown}"


def _write_table(path: str, report: DuplicateReport) -> None:
    with Path(path).open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number, group in enumerate(report.groups, start=1):
            writer.writerows(_rows(number, group))


def _rows(number: int, group: DuplicateGroup) -> list[list[object]]:
    """A row for each item, with the first evidence that joins it to another item."""
    rows: list[list[object]] = []
    for item_id, product_id in zip(group.items, group.products, strict=True):
        likeness = next(likeness for likeness in group.evidence if item_id in (likeness.first, likeness.second))
        like = likeness.second if item_id == likeness.first else likeness.first
        rows.append([number, item_id, product_id, group.listed_twice, like, *_evidence_cells(likeness)])
    return rows


def _evidence_cells(likeness: Likeness) -> tuple[object, ...]:
    return likeness.reason, likeness.agreement, " ".join(likeness.edits), likeness.turned
