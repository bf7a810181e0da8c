"""``sosie migrate``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sosie.cli.failures import NOTHING_DONE
from sosie.cli.options import columns_option, device_option, json_option, parse_columns, store_option, workers_option
from sosie.cli.output import dump, escape_for_terminal, print_rejections
from sosie.cli.progress import progress_bar
from sosie.support.wording import amount

if TYPE_CHECKING:
    from sosie.catalog.base import CatalogProtocol
    from sosie.catalog.migrating import MigrateReport
    from sosie.sources.base import Source
    from sosie.types import Progress


@click.command("migrate")
@store_option
@click.option("--embedder", metavar="NAME", help="The network to move to; see `sosie embedders`.")
@click.option("--thumbnails", is_flag=True, help="If a picture is missing or changed, use its stored thumbnail.")
@click.option(
    "--compare", "photos", type=click.Path(), metavar="PHOTOS",
    help="Evaluate both networks with labeled photos, print the gain, and do not switch.",
)  # fmt: skip
@click.option("--undo", is_flag=True, help="Return to the previous network.")
@click.option("--finish", is_flag=True, help="Drop the vectors of the previous network; this cannot be undone.")
@columns_option
@workers_option
@device_option
@json_option
def migrate_command(
    uri: str, embedder: str | None, thumbnails: bool, photos: str | None, undo: bool, finish: bool,
    columns: Sequence[str], workers: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Move a catalog to another network while it remains in use.

    The new network embeds every picture, beside the vectors of the old one. Then all answers switch in one step. If the
    command is interrupted, run it again: it continues. Nothing is switched as long as an item has no new vector.

    \b
    Examples:
      sosie migrate --store shop.sosie --embedder trio --compare photos.csv
      sosie migrate --store shop.sosie --embedder trio
      sosie migrate --store shop.sosie --undo
      sosie migrate --store shop.sosie --finish
    """
    import sosie

    if (embedder is not None) + undo + finish != 1:
        raise click.UsageError("give one of --embedder NAME, --undo and --finish")
    if (undo or finish) and photos:
        raise click.UsageError("--compare goes with --embedder")
    with sosie.open(uri) as catalog:
        if finish:
            _print_dropped(catalog.finish_migration(), as_json)
            return
        source = _source(photos, columns)
        report = _run(catalog, embedder, thumbnails, source, workers, as_json)
    if as_json:
        click.echo(dump(report.to_dict()))
    else:
        _print(report, photos)
    if report.rejected:
        raise SystemExit(NOTHING_DONE)


def _run(
    catalog: CatalogProtocol, embedder: str | None, thumbnails: bool, source: Source | str | None, workers: int | None,
    as_json: bool,
) -> MigrateReport:  # fmt: skip
    with progress_bar("embedding", hidden=as_json) as advance:

        def show_progress(progress: Progress) -> None:
            advance(progress.done, progress.total)

        def print_stage(stage: str) -> None:
            if not as_json:
                click.echo(f"{stage} …", err=True)

        if embedder is None:
            return catalog.undo_migration(
                thumbnails=thumbnails, workers=workers, on_progress=show_progress, on_stage=print_stage
            )
        return catalog.migrate(
            embedder,
            thumbnails=thumbnails,
            compare=source,
            workers=workers,
            on_progress=show_progress,
            on_stage=print_stage,
        )


def _source(path: str | None, columns: Sequence[str]) -> Source | str | None:
    from sosie.sources.opening import open_source

    return open_source(path, columns=parse_columns(columns)) if path is not None and columns else path


def _print_dropped(dropped: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(dump({"dropped": dropped}))
    elif dropped:
        click.echo(f"dropped: {', '.join(dropped)}")
    else:
        click.echo("there was nothing to drop")


def _print(report: MigrateReport, photos: str | None) -> None:
    made = f"embedded {amount(report.from_pictures, 'picture')}"
    if report.from_thumbnails:
        made += f" and {amount(report.from_thumbnails, 'thumbnail')}"
    click.echo(f"{made} in {report.seconds:.1f} s")
    if report.comparison is not None:
        from sosie.cli.figures import print_comparison

        print_comparison(report.comparison)
    for note in report.notes:
        click.echo(escape_for_terminal(note))
    if report.switched:
        click.echo(f"{report.embedder} answers now; --undo goes back to {report.before}, --finish drops its vectors")
    elif report.rejected:
        click.echo(
            f"{report.before} still answers, as {amount(len(report.rejected), 'item')} got no vector: bring the "
            "pictures back, allow --thumbnails, or delete the items; then run it again"
        )
    elif photos is not None:
        click.echo(f"{report.before} still answers; run it again without --compare to switch")
    else:
        click.echo(f"{report.before} answers")
    print_rejections(report.rejected, "--json")
