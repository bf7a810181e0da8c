"""Prints the plan of a store: ``sosie stats --plan``."""

from __future__ import annotations

from dataclasses import asdict

import click

from sosie.cli.output import dump
from sosie.support.cores import usable_cores
from sosie.support.wording import amount


def print_plan(items: int, uri: str, details: bool, as_json: bool) -> None:
    """Prints what a store of this many items needs, as text or JSON."""
    from sosie.catalog.planning import plan_store

    plan = plan_store(items, uri, details)
    if as_json:
        click.echo(dump(asdict(plan)))
        return
    kind = "with details" if plan.details else "without details"
    click.echo(f"a local store of {amount(plan.items, 'picture')} {kind}, by {plan.embedder} ({plan.dim:,} numbers)")
    click.echo(f"disk        {_size(plan.disk)}, of which {_size(plan.segments)} for fast search")
    pace = f"{plan.rate:.0f} pictures/s on {amount(usable_cores(), 'core')}"
    click.echo(f"indexing    {_time(plan.hours)}, {pace}, downloads not counted")
    click.echo(f"memory      {_size(plan.memory)} for a search, and up to {_size(plan.mapped)} mapped from files")
    more = "; pictures with much printed text take up to 24 kB more" if plan.details else ""
    click.echo(f"measured now with {amount(plan.sample, 'drawn picture')}{more}")


def _size(number: float) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if number >= scale:
            return f"{number / scale:,.1f} {unit}"
    return f"{number / 1e3:,.1f} kB"


def _time(hours: float) -> str:
    if hours >= 1:
        return f"{hours:,.1f} hours"
    return f"{hours * 60:.0f} minutes" if hours >= 1 / 60 else f"{hours * 3600:.0f} seconds"
