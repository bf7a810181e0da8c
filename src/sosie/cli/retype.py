"""``sosie retype``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sosie.cli.options import json_option, store_option
from sosie.cli.output import dump, escape_for_terminal
from sosie.support.wording import amount

if TYPE_CHECKING:
    from sosie.indexing.retyping import RetypeReport


@click.command("retype")
@click.argument("assignment", metavar="ATTRIBUTE=TYPE")
@store_option
@click.option("--dry-run", is_flag=True, help="Change nothing; print how many values would be lost, with examples.")
@json_option
def retype_command(assignment: str, uri: str, dry_run: bool, as_json: bool) -> None:
    """Change the type of an attribute: text, number, boolean or list.

    The values are converted. Prices in common notations become numbers, and their currency becomes an attribute. A
    value that does not fit is lost; --dry-run shows which. Every value fits text.

    \b
    Examples:
      sosie retype price=number --store shop.sosie --dry-run
      sosie retype price=number --store shop.sosie
      sosie retype size=text --store shop.sosie
    """
    import sosie

    attribute, equals, kind = assignment.rpartition("=")
    if not (attribute and equals):
        raise click.UsageError(f"{assignment!r}: expected ATTRIBUTE=TYPE, for instance price=number")
    with sosie.open(uri) as catalog:
        report = catalog.retype(attribute, kind, dry_run=dry_run)
    if as_json:
        click.echo(dump(report.to_dict()))
    else:
        _print_report(report, dry_run)


def _print_report(report: RetypeReport, dry_run: bool) -> None:
    from sosie.sources.tables.typing import OF_ATTRIBUTE

    head = "dry run: " if dry_run else ""
    before, after = OF_ATTRIBUTE[report.before], OF_ATTRIBUTE[report.after]
    changes = f"{report.changed} changed, {report.unchanged} unchanged, {report.lost} lost"
    click.echo(f"{head}{escape_for_terminal(report.attribute)} from {before} to {after}: {changes}")
    for value in report.examples:
        click.echo(f"  {'would lose' if dry_run else 'lost'} {escape_for_terminal(value)!r}")
    if report.lost > len(report.examples):
        click.echo(f"  … and {amount(report.lost - len(report.examples), 'value')} more")
    for name in report.forgotten:
        click.echo(f"no item has {escape_for_terminal(name)} any more, so it was removed from the catalog's attributes")
