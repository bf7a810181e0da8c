"""``sosie delete``, ``stats``, ``check`` and ``optimize``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import click

from sosie.cli.failures import NOTHING_DONE
from sosie.cli.options import json_option, store_option
from sosie.cli.output import dump, escape_for_terminal
from sosie.roles import roles_of
from sosie.support.wording import amount


@click.command("delete")
@click.argument("item_ids", nargs=-1, required=True, metavar="ITEM_ID...")
@store_option
def delete_command(item_ids: Sequence[str], uri: str) -> None:
    """Remove items from the catalog.

    \b
    Example:
      sosie delete A-1001 A-1002 --store shop.sosie
    """
    import sosie

    with sosie.open(uri) as catalog:
        removed = catalog.delete(item_ids)
    click.echo(f"{removed} removed, {len(set(item_ids)) - removed} not found")
    if not removed:
        raise SystemExit(NOTHING_DONE)


_CALIBRATED: Mapping[str | None, str] = {
    "own": "yes, with photos of this catalog",
    "provisional": "provisionally, with photos of other catalogs: `sosie calibrate` fits probabilities to this catalog",
    None: "no: `sosie calibrate` gives probabilities and verdicts",
}
"""The kind of calibration in words."""


@click.command("stats")
@store_option
@click.option("--plan", type=int, metavar="N", help="Print an estimate of what a local store of N pictures needs.")
@click.option(
    "--details", type=click.Choice(["on", "off"]),
    help="With --plan: with or without the details that distinguish exact products. On by default.",
)  # fmt: skip
@json_option
def stats_command(uri: str, plan: int | None, details: str | None, as_json: bool) -> None:
    """Print what the catalog contains, or with --plan what a catalog of a given size would need.

    For the plan, Sosie draws some pictures and indexes them on this machine, which takes some seconds. The store need
    not exist. If it does, its network is used, and the store is not changed.

    \b
    Examples:
      sosie stats --store shop.sosie
      sosie stats --store shop.sosie --plan 1000000 --details off
    """
    if plan is not None:
        from sosie.cli.planning import print_plan

        print_plan(plan, uri, details != "off", as_json)
        return
    if details is not None:
        raise click.UsageError("--details belongs to a plan: give --plan N too")
    import sosie

    with sosie.open(uri) as catalog:
        held = catalog.stats()
    if as_json:
        click.echo(dump(asdict(held)))
        return
    from sosie.sources.tables.typing import OF_ATTRIBUTE

    click.echo(f"{amount(held.items, 'item')} of {amount(held.products, 'product')} in {held.store}")
    click.echo(f"embedder    {held.embedder} ({held.fingerprint})")
    click.echo(f"adapted     {'yes' if held.adapted else 'no: `sosie adapt` learns from labeled photos'}")
    click.echo(f"calibrated  {_CALIBRATED[held.calibration]}")
    for name, dim in held.vectors.items():
        click.echo(f"vectors     {name}, {dim} numbers")
    roles = {name: role for role, name in roles_of(held.attributes).items()}
    for name, kind in sorted(held.attributes.items()):
        role = f" ({roles[name]})" if name in roles and roles[name] != name else ""
        click.echo(f"attribute   {escape_for_terminal(name)}: {OF_ATTRIBUTE[kind]}{role}")


@click.command("check")
@store_option
@click.option("--repair", is_flag=True, help="Repair what can be repaired without losing an item.")
@click.option("--recall", is_flag=True, help="Measure how many of the most similar items a search finds.")
@json_option
def check_command(uri: str, repair: bool, recall: bool, as_json: bool) -> None:
    """Check every item and every cache of the catalog; exit with 1 if a problem remains.

    \b
    Example:
      sosie check --store shop.sosie --repair
    """
    import sosie

    with sosie.open(uri) as catalog:
        report = catalog.check(repair=repair, recall=recall)
    if as_json:
        click.echo(dump(asdict(report)))
    else:
        for problem in report.problems:
            click.echo(f"problem   {problem}")
        for done in report.repaired:
            click.echo(f"repaired  {done}")
        if report.recall is not None:
            click.echo(f"recall    {report.recall:.1%} of the ten most similar items are found")
        checked = f"{amount(report.items, 'item')} checked, {amount(len(report.problems), 'problem')}"
        click.echo(f"{checked}, {len(report.repaired)} repaired")
    if report.problems:
        raise SystemExit(NOTHING_DONE)


@click.command("optimize")
@store_option
def optimize_command(uri: str) -> None:
    """Build the structures for fast search in a large catalog; results do not change.

    \b
    Example:
      sosie optimize --store shop.sosie
    """
    import sosie

    with sosie.open(uri) as catalog:
        catalog.optimize()
        click.echo(f"ready to search: {amount(catalog.count(), 'item')}")
