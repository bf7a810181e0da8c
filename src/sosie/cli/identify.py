"""``sosie identify``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sosie.cli.failures import NOTHING_DONE
from sosie.cli.options import crop_option, json_option, max_pixels_option, store_option, where_option
from sosie.cli.output import dump, escape_for_terminal
from sosie.cli.tables import Column, print_table
from sosie.images.limits import Limits

if TYPE_CHECKING:
    from sosie.searching.identify import Identification


@click.command("identify")
@click.argument("image", type=click.Path())
@store_option
@click.option(
    "--by", metavar="ATTRIBUTE", default="product_id", show_default=True, help="What to tell: brand, category, …"
)
@click.option("-k", "k", type=int, default=10, show_default=True, help="How many neighbours vote.")
@where_option
@crop_option
@max_pixels_option
@json_option
def identify_command(
    image: str, uri: str, by: str, k: int, where: Sequence[str], crop: str | None, limits: Limits, as_json: bool
) -> None:  # fmt: skip
    """Tell which product, brand or category IMAGE shows: its nearest neighbours vote.

    \b
    Examples:
      sosie identify photo.jpg --store shop.sosie
      sosie identify photo.jpg --store shop.sosie --by category -k 20
    """
    import sosie

    with sosie.open(uri, limits=limits) as catalog:
        found = catalog.identify(image, by, k, where=where, crop=crop)
    if as_json:
        click.echo(dump(found.to_dict()))
    else:
        _print(found)
    if not found.labels:
        raise SystemExit(NOTHING_DONE)


def _print(found: Identification) -> None:
    if not found.labels:
        click.echo(f"none of the {found.neighbours} nearest items has the attribute {found.by!r}", err=True)
        return
    click.echo(escape_for_terminal(found.query))
    labels = found.labels
    print_table(
        [
            Column("share", tuple(f"{one.share:.0%}" for one in labels), right=True),
            Column("votes", tuple(str(one.votes) for one in labels), right=True),
            Column("score", tuple(f"{one.score:.3f}" for one in labels), right=True),
            Column(found.by, tuple(one.label for one in labels), least=8),
            Column("nearest", tuple(one.item_id for one in labels), least=8, yields=1),
        ]
    )
    if found.silent:
        click.echo(f"{found.silent} of the {found.neighbours} nearest items have no {found.by}")
