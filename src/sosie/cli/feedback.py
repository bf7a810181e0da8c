"""``sosie confirm`` and ``sosie reject``."""

from __future__ import annotations

import click

from sosie.cli.options import json_option, store_option
from sosie.cli.output import dump
from sosie.support.wording import amount


@click.command("confirm")
@click.argument("query", type=click.Path())
@click.argument("item_id")
@store_option
@json_option
def confirm_command(query: str, item_id: str, uri: str, as_json: bool) -> None:
    """Record that the picture QUERY shows the product of the item ITEM_ID.

    \b
    Example:
      sosie confirm photo.jpg A-1001 --store shop.sosie
    """
    _record("confirm", query, item_id, uri, as_json)


@click.command("reject")
@click.argument("query", type=click.Path())
@click.argument("item_id")
@store_option
@json_option
def reject_command(query: str, item_id: str, uri: str, as_json: bool) -> None:
    """Record that the picture QUERY does not show the product of the item ITEM_ID.

    \b
    Example:
      sosie reject photo.jpg A-1002 --store shop.sosie
    """
    _record("reject", query, item_id, uri, as_json)


def _record(verb: str, query: str, item_id: str, uri: str, as_json: bool) -> None:
    import sosie
    from sosie.learning.feedback import to_row

    with sosie.open(uri) as catalog:
        given = catalog.confirm(query, item_id) if verb == "confirm" else catalog.reject(query, item_id)
        log = catalog.feedback()
    if as_json:
        row = {name: value for name, value in to_row(given).items() if name != "float16"}
        click.echo(dump({**row, "kept": len(log.entries), "foreign": log.foreign}))
        return
    click.echo(f"{given.opinion}: {given.query} shows {'' if verb == 'confirm' else 'not '}{given.product_id}")
    foreign = f"; {log.foreign} of another embedder are ignored" if log.foreign else ""
    click.echo(f"{amount(len(log.entries), 'answer')} confirmed or rejected in this catalog{foreign}")
