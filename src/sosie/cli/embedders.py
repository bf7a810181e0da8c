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

NOT_MEASURED = "recommended networks were not measured here: published figures are their authors' own"


@click.group(invoke_without_command=True)
@click.option("--measure", is_flag=True, help="Measure how long bundled and cached networks take for a picture.")
@json_option
@device_option
@click.pass_context
def embedders(context: click.Context, measure: bool, as_json: bool) -> None:
    """List the networks for --embedder: bundled, in the Hub's cache, and recommended.

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
        rows = [asdict(entry) | ({"milliseconds": speeds.get(entry.name)} if measure else {}) for entry in listed]
        click.echo(dump({"embedders": rows}))
    else:
        _print(listed, speeds if measure else None)


@embedders.command("pull")
@click.argument("name")
def pull_command(name: str) -> None:
    """Download the network NAME from the Hub, with its text encoder, for use without internet access.

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
    """For each network that can be opened, by name, milliseconds a picture."""
    from sosie.embedders.listing import measure_speed

    speeds: dict[str, float] = {}
    for entry in listed:
        if entry.state != "recommended":
            try:
                speeds[entry.name] = measure_speed(entry.name)
            except SosieError as error:
                click.echo(escape_for_terminal(f"Error: {entry.name}: {error}"), err=True)
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
    for entry in listed:
        speed = [] if speeds is None else [f"{speeds[entry.name]:.1f}" if entry.name in speeds else ""]
        description = "; ".join(part for part in (entry.purpose, entry.published) if part)
        size = "" if entry.megabytes is None else f"{entry.megabytes:.1f}"
        cells = [
            entry.name,
            entry.state,
            str(entry.dim or ""),
            size,
            entry.license,
            "yes" if entry.words else "no",
            *speed,
            description,
        ]
        table.add_row(*(Text(escape_for_terminal(cell)) for cell in cells))
    console = Console(highlight=False)
    (console if console.is_terminal else Console(highlight=False, width=WIDTH_IN_A_FILE)).print(table)
