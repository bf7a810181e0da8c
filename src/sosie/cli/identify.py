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
    "--by",
    metavar="ATTRIBUTE",
    default="product_id",
    show_default=True,
    help="The attribute to predict: brand, category, …",
)
@click.option("-k", "k", type=int, default=10, show_default=True, help="Number of neighbors that vote.")
@where_option
@crop_option
@max_pixels_option
@json_option
def identify_command(
    image: str, uri: str, by: str, k: int, where: Sequence[str], crop: str | None, limits: Limits, as_json: bool
) -> None:  # fmt: skip
    """Predict the product, brand or category of IMAGE by a vote of its nearest neighbors.

    \b
    Examples:
      sosie identify photo.jpg --store shop.sosie
      sosie identify photo.jpg --store shop.sosie --by category -k 20
    """
    import sosie

    with sosie.open(uri, limits=limits) as catalog:
        identification = catalog.identify(image, by, k, where=where, crop=crop)
    if as_json:
        click.echo(dump(identification.to_dict()))
    else:
        _print(identification)
    if not identification.labels:
        raise SystemExit(NOTHING_DONE)


def _print(identification: Identification) -> None:
    if not identification.labels:
        click.echo(
            f"none of the {identification.neighbors} nearest items has the attribute {identification.by!r}", err=True
        )
        return
    click.echo(escape_for_terminal(identification.query))
    labels = identification.labels
    print_table(
        [
            Column("share", tuple(f"{label.share:.0%}" for label in labels), right=True),
            Column("votes", tuple(str(label.votes) for label in labels), right=True),
            Column("score", tuple(f"{label.score:.3f}" for label in labels), right=True),
            Column(identification.by, tuple(label.label for label in labels), least=8),
            Column("nearest", tuple(label.item_id for label in labels), least=8, yields=1),
        ]
    )
    if identification.silent:
        click.echo(
            f"{identification.silent} of the {identification.neighbors} nearest items have no {identification.by}"
        )
