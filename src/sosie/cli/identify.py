"""``sosie identify``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sosie.cli.failures import NOTHING_DONE
from sosie.cli.options import json_option, store_option, where_option
from sosie.cli.output import dump

if TYPE_CHECKING:
    from sosie.identifying import Identification


@click.command()
@click.argument("image", type=click.Path())
@store_option
@click.option(
    "--by", metavar="ATTRIBUTE", default="product_id", show_default=True, help="What to tell: brand, category, …"
)
@click.option("-k", "k", type=int, default=10, show_default=True, help="How many neighbours vote.")
@where_option
@click.option("--crop", metavar="X,Y,W,H", help="Look at this region only: pixels, or fractions of the picture.")
@json_option
def identify(
    image: str, uri: str, by: str, k: int, where: Sequence[str], crop: str | None, as_json: bool
) -> None:  # fmt: skip
    """Tell which product, brand or category IMAGE shows: its nearest neighbours vote.

    \b
    Examples:
      sosie identify photo.jpg --store shop.sosie
      sosie identify photo.jpg --store shop.sosie --by category -k 20
    """
    from sosie.catalog import Catalog

    with Catalog(uri) as catalog:
        found = catalog.identify(image, by, k, where=where, crop=crop)
    if as_json:
        click.echo(dump(found.to_dict()))
    else:
        _print(found)
    if not found.labels:
        raise SystemExit(NOTHING_DONE)


def _print(found: Identification) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not found.labels:
        click.echo(f"none of the {found.neighbours} nearest items has the attribute {found.by!r}", err=True)
        return
    table = Table(title=found.query, title_justify="left", title_style="bold", header_style="dim", box=None)
    for heading in (found.by, "share", "votes", "nearest", "score"):
        table.add_column(heading, justify="left" if heading in (found.by, "nearest") else "right", no_wrap=True)
    for one in found.labels:
        table.add_row(Text(one.label), f"{one.share:.0%}", str(one.votes), Text(one.item_id), f"{one.score:.3f}")
    Console(highlight=False).print(table)
    if found.silent:
        click.echo(f"{found.silent} of the {found.neighbours} nearest items have no {found.by}")
