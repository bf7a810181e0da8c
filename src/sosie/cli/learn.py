"""``sosie adapt`` and ``sosie calibrate``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sosie.cli.failures import NOTHING_DONE
from sosie.cli.options import columns_option, json_option, parse_columns, store_option, workers_option
from sosie.cli.output import dump, print_rejections
from sosie.cli.progress import progress_bar
from sosie.support.wording import amount

if TYPE_CHECKING:
    from sosie.calibration import Calibration
    from sosie.learning.adapting import AdaptReport
    from sosie.learning.calibrating import CalibrateReport
    from sosie.sources.base import Source


@click.command("adapt")
@click.argument("labelled", required=False, type=click.Path())
@store_option
@click.option("--unlabelled", type=click.Path(), metavar="SOURCE", help="Learn from photos whose products nobody told.")
@click.option("--dry-run", is_flag=True, help="Change nothing; say whether it would help.")
@click.option("--undo", is_flag=True, help="Let the network's own vectors answer again.")
@columns_option
@workers_option
@json_option
def adapt_command(
    labelled: str | None, uri: str, unlabelled: str | None, dry_run: bool, undo: bool, columns: Sequence[str],
    workers: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Learn what tells this catalogue's products apart, from LABELLED photos.

    LABELLED is a source with a product_id for each photo: a table, or any other that `sosie index` takes. What people
    confirmed (`sosie confirm`) is learned from as well, and suffices alone. Nothing is embedded again. How strongly to
    adapt is tried on photos held out, and what does not help is refused, with exit code 1.

    \b
    Examples:
      sosie adapt labelled.csv --store shop.sosie
      sosie adapt labelled.csv --store shop.sosie --dry-run
      sosie adapt --unlabelled photos/ --store shop.sosie
      sosie adapt --store shop.sosie --undo
    """
    import sosie

    if undo and (labelled or unlabelled or dry_run):
        raise click.UsageError("--undo goes without photos and without --dry-run")
    with sosie.open(uri) as catalog:
        if undo:
            _print_undone(catalog.undo_adaptation(), as_json)
            return
        with progress_bar("looking at photos", hidden=as_json) as advance:
            report = catalog.adapt(
                _source(labelled, columns),
                unlabelled=_source(unlabelled, columns),
                dry_run=dry_run,
                workers=workers,
                on_progress=lambda now: advance(now.done, now.total, ""),
                on_stage=lambda stage: None if as_json else click.echo(f"{stage} …", err=True),
            )
    if as_json:
        click.echo(dump(report.to_dict()))
    else:
        _print_adapted(report, dry_run)
    if not report.helps:
        raise SystemExit(NOTHING_DONE)


@click.command("calibrate")
@click.argument("labelled", required=False, type=click.Path())
@store_option
@click.option(
    "--precision", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95, show_default=True,
    metavar="P", help='Share of the answers called "match" that shall be right.',
)  # fmt: skip
@columns_option
@workers_option
@json_option
def calibrate_command(
    labelled: str | None, uri: str, precision: float, columns: Sequence[str], workers: int | None, as_json: bool
) -> None:
    """Learn how sure answers may be, from LABELLED photos of the kind that will be asked.

    Each photo is asked, and asked again as if the catalogue did not have its product; photos of products that it really
    lacks are welcome. What people confirmed or rejected counts as well, and suffices alone.

    \b
    Examples:
      sosie calibrate labelled.csv --store shop.sosie
      sosie calibrate labelled.csv --store shop.sosie --precision 0.99
    """
    import sosie

    with sosie.open(uri) as catalog, progress_bar("asking with photos", hidden=as_json) as advance:
        report = catalog.calibrate(
            _source(labelled, columns),
            precision=precision,
            workers=workers,
            on_progress=lambda now: advance(now.done, now.total, ""),
        )
    if as_json:
        click.echo(dump(report.to_dict()))
    else:
        _print_calibrated(report)


def _source(path: str | None, columns: Sequence[str]) -> Source | str | None:
    from sosie.sources.opening import open_source

    return open_source(path, columns=parse_columns(columns)) if path is not None and columns else path


def _print_undone(dropped: list[str], as_json: bool) -> None:
    if as_json:
        click.echo(dump({"dropped": dropped}))
    elif dropped:
        click.echo(f"the network's own vectors answer again; dropped: {', '.join(dropped)}")
    else:
        click.echo("there was no adaptation to undo")


def _print_adapted(report: AdaptReport, dry_run: bool) -> None:
    click.echo(report.decision["reason"])
    if report.generation:
        click.echo(f"applied in {report.seconds:.1f} s; {report.generation} answers now, and --undo goes back")
    elif report.helps and dry_run:
        click.echo("dry run: nothing was changed")
    else:
        click.echo("refused: the catalogue stays as it was")
    if report.calibration:
        _print_quality(report.calibration)
    elif report.uncalibrated:
        click.echo(f"not calibrated: {report.uncalibrated}")
    if report.unknown:
        click.echo(f"the catalogue does not have the product of {amount(report.unknown, 'photo')}")
    print_rejections(report.rejected, "--json")


def _print_calibrated(report: CalibrateReport) -> None:
    told = f"calibrated on {amount(report.photos, 'photo')}"
    click.echo(f"{told}, {report.absent} of them of products that the catalogue does not have")
    if report.repeated:
        click.echo(f"left out, as the adaptation was learned from it: {amount(report.repeated, 'photo')}")
    if report.flattering:
        click.echo(
            "how unknown products look was learned from products that taught the adaptation, which flatters: "
            "photos of other products would tell better"
        )
    _print_quality(report.calibration)
    print_rejections(report.rejected, "--json")


def _print_quality(calibration: Calibration) -> None:
    quality = calibration.quality
    if quality.error is not None:
        bound = "" if quality.error_bound is None else f", below {quality.error_bound:.3f} in 95 of 100 such samples"
        click.echo(f"probabilities are off by {quality.error:.3f}{bound} (expected calibration error, held out)")
    if quality.known_auroc is not None:
        click.echo(f"known products are told from unknown ones with an AUROC of {quality.known_auroc:.3f}")
    if calibration.match_at is None:
        click.echo(f'no answer is called "match": none is sure enough for a precision of {calibration.precision:g}')
    elif quality.match_share is not None and quality.match_precision is not None:
        click.echo(
            f'{quality.match_share:.0%} of answers are called "match", those with a probability of '
            f"{calibration.match_at:.2f} and more; {quality.match_precision:.1%} of them are right"
        )
    if quality.absent_matched is not None:
        click.echo(f'of photos of products that the catalog lacks, {quality.absent_matched:.1%} are called "match"')
