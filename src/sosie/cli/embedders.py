"""``sosie embedders``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sosie.cli.options import device_option, json_option
from sosie.cli.output import WIDTH_IN_A_FILE, dump, escape_for_terminal
from sosie.errors import SosieError

if TYPE_CHECKING:
    from sosie.embedders.listing import EmbedderEntry

NOT_MEASURED = "recommended ones were not measured here: what is published is their makers' word"


@click.group(invoke_without_command=True)
@click.option("--measure", is_flag=True, help="Measure how long a picture takes here, of bundled and cached ones.")
@json_option
@device_option
@click.pass_context
def embedders(context: click.Context, measure: bool, as_json: bool) -> None:
    """List the networks that --embedder can name: bundled, in the Hub's cache, and recommended.

    \b
    Examples:
      sosie embedders
      sosie embedders --measure
      sosie embedders pull hub:Xenova/siglip-base-patch16-224
    """
    if context.invoked_subcommand is not None:
        return
    from sosie.embedders.listing import list_embedders

    listed = list_embedders()
    speeds = _measured(listed) if measure else {}
    if as_json:
        rows = [asdict(one) | ({"milliseconds": speeds.get(one.name)} if measure else {}) for one in listed]
        click.echo(dump({"embedders": rows}))
    else:
        _print(listed, speeds if measure else None)


@embedders.command("pull")
@click.argument("name")
def pull_command(name: str) -> None:
    """Download the network NAME of the Hub, words included, so that it works without network.

    \b
    Example:
      sosie embedders pull hub:Xenova/dinov2-small:fp16
    """
    from sosie.embedders.hub.address import PREFIX
    from sosie.embedders.hub.opening import pull

    if not name.startswith(PREFIX):
        raise click.UsageError(f"{name!r} is not on the Hub; expected {PREFIX}OWNER/NAME")
    click.echo(pull(name))


def _measured(listed: Sequence[EmbedderEntry]) -> dict[str, float]:
    """Milliseconds a picture by name, of those that can be opened."""
    from sosie.embedders.listing import measure_speed

    speeds: dict[str, float] = {}
    for one in listed:
        if one.state != "recommended":
            try:
                speeds[one.name] = measure_speed(one.name)
            except SosieError as error:
                click.echo(escape_for_terminal(f"Error: {one.name}: {error}"), err=True)
    return speeds


def _print(listed: Sequence[EmbedderEntry], speeds: Mapping[str, float] | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="dim", box=None, pad_edge=False, caption=NOT_MEASURED, caption_justify="left")
    for heading in ("name", "", "numbers", "MB", "license", "words"):
        table.add_column(heading, justify="right" if heading in ("numbers", "MB") else "left", overflow="fold")
    if speeds is not None:
        table.add_column("ms a picture", justify="right")
    table.add_column("for", overflow="fold")
    for one in listed:
        speed = [] if speeds is None else [f"{speeds[one.name]:.1f}" if one.name in speeds else ""]
        told = "; ".join(part for part in (one.purpose, one.published) if part)
        size = "" if one.megabytes is None else f"{one.megabytes:.1f}"
        cells = [one.name, one.state, str(one.dim or ""), size, one.license, "yes" if one.words else "no", *speed, told]
        table.add_row(*(Text(escape_for_terminal(cell)) for cell in cells))
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=WIDTH_IN_A_FILE)).print(table)
