"""``sosie copy``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import click

from sosie.cli.failures import WITH_REJECTIONS
from sosie.cli.options import json_option
from sosie.cli.output import dump, print_rejections
from sosie.cli.progress import progress_bar


@click.command("copy")
@click.option("--from", "source_uri", metavar="URI", required=True, help="The catalog to copy.")
@click.option("--to", "target_uri", metavar="URI", required=True, help="The target; created if it does not exist.")
@json_option
def copy_command(source_uri: str, target_uri: str, as_json: bool) -> None:
    """Copy a catalog with its vectors into another store, and verify the copy.

    An interrupted copy continues when the command is run again.

    \b
    Example:
      sosie copy --from shop.sosie --to elasticsearch+https://search.example:9200/shop
    """
    from sosie.stores.copying import copy
    from sosie.stores.opening import open_store, same_place

    if same_place(source_uri, target_uri):
        raise click.UsageError(f"--from and --to are the same catalog, {source_uri}: give another target")
    with (
        closing(open_store(source_uri)) as source,
        closing(open_store(target_uri, create=source.manifest)) as target,
        progress_bar("copying", hidden=as_json) as advance,
    ):
        report = copy(source, target, advance)
        target.optimize()
    if as_json:
        click.echo(dump(asdict(report)))
    else:
        click.echo(f"{report.copied} copied, {report.present} already there, {len(report.rejected)} rejected")
        click.echo(f"both sides agree, checksum {report.checksum[:16]}")
        print_rejections(report.rejected)
    if report.rejected:
        raise SystemExit(WITH_REJECTIONS)
