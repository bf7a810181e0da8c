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
    from sosie.calibration.model import Calibration
    from sosie.learning.adapting import AdaptReport
    from sosie.learning.calibrating import CalibrateReport
    from sosie.sources.base import Source


@click.command("adapt")
@click.argument("labeled", required=False, type=click.Path())
@store_option
@click.option(
    "--unlabeled",
    "--unlabelled",
    "unlabeled",
    type=click.Path(),
    metavar="SOURCE",
    help="Learn from photos without product labels.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing; print whether it would help.")
@click.option("--undo", is_flag=True, help="Return to the network's own vectors.")
@columns_option
@workers_option
@json_option
def adapt_command(
    labeled: str | None, uri: str, unlabeled: str | None, dry_run: bool, undo: bool, columns: Sequence[str],
    workers: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Adapt the catalog's vectors to distinguish its products, from LABELED photos.

    LABELED is a source with a product_id for each photo: a table, or any other source that `sosie index` reads.
    Confirmed matches (`sosie confirm`) are used as well, and may be enough. Pictures of the catalog are not embedded
    again. The strength is chosen on held-out photos. An adaptation without a gain is refused, with exit code 1.

    \b
    Examples:
      sosie adapt labeled.csv --store shop.sosie
      sosie adapt labeled.csv --store shop.sosie --dry-run
      sosie adapt --unlabeled photos/ --store shop.sosie
      sosie adapt --store shop.sosie --undo
    """
    import sosie

    if undo and (labeled or unlabeled or dry_run):
        raise click.UsageError("--undo takes neither photos nor --dry-run")
    with sosie.open(uri) as catalog:
        if undo:
            _print_undone(catalog.undo_adaptation(), as_json)
            return
        with progress_bar("embedding photos", hidden=as_json) as advance:
            report = catalog.adapt(
                _source(labeled, columns),
                unlabeled=_source(unlabeled, columns),
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
@click.argument("labeled", required=False, type=click.Path())
@store_option
@click.option(
    "--precision", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95, show_default=True,
    metavar="P", help='Target share of right answers among those called "match".',
)  # fmt: skip
@columns_option
@workers_option
@json_option
def calibrate_command(
    labeled: str | None, uri: str, precision: float, columns: Sequence[str], workers: int | None, as_json: bool
) -> None:
    """Fit probabilities and verdicts, from LABELED photos like the future queries.

    Each photo is searched with twice: as it is, and as if the catalog lacked its product. Photos of products that the
    catalog really lacks are useful. Confirmed and rejected matches are used as well, and may be enough.

    \b
    Examples:
      sosie calibrate labeled.csv --store shop.sosie
      sosie calibrate labeled.csv --store shop.sosie --precision 0.99
    """
    import sosie

    with sosie.open(uri) as catalog, progress_bar("searching with photos", hidden=as_json) as advance:
        report = catalog.calibrate(
            _source(labeled, columns),
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
        click.echo(f"the network's own vectors are in use again; dropped: {', '.join(dropped)}")
    else:
        click.echo("there was no adaptation to undo")


def _print_adapted(report: AdaptReport, dry_run: bool) -> None:
    click.echo(report.decision["reason"])
    if report.repeated:
        click.echo("photos and catalog are those of the last adaptation: nothing was changed")
    elif report.generation:
        click.echo(f"applied in {report.seconds:.1f} s; {report.generation} is now in use, and --undo reverts it")
    elif report.helps and dry_run:
        click.echo("dry run: nothing was changed")
    else:
        click.echo("refused: the catalog is unchanged")
    if report.calibration:
        _print_quality(report.calibration)
    elif report.uncalibrated:
        click.echo(f"not calibrated: {report.uncalibrated}")
    if report.unknown:
        click.echo(f"the catalog lacks the product of {amount(report.unknown, 'photo')}")
    print_rejections(report.rejected, "--json")


def _print_calibrated(report: CalibrateReport) -> None:
    head = f"calibrated on {amount(report.photos, 'photo')}"
    click.echo(f"{head}, {report.absent} of them of products that the catalog lacks")
    if report.repeated:
        click.echo(f"left out because the adaptation used them: {amount(report.repeated, 'photo')}")
    if report.flattering:
        click.echo("these figures are optimistic; add photos of products not used for adaptation")
    _print_quality(report.calibration)
    print_rejections(report.rejected, "--json")


def _print_quality(calibration: Calibration) -> None:
    quality = calibration.quality
    if quality.error is not None:
        bound = "" if quality.error_bound is None else f", below {quality.error_bound:.3f} in 95 of 100 such samples"
        click.echo(f"probabilities are off by {quality.error:.3f}{bound} (expected calibration error, held out)")
    if quality.known_auroc is not None:
        click.echo(f"AUROC of products in the catalog against others: {quality.known_auroc:.3f}")
    if calibration.match_at is None:
        click.echo(f'no answer is called "match": none is certain enough for a precision of {calibration.precision:g}')
    elif quality.match_share is not None and quality.match_precision is not None:
        click.echo(
            f'{quality.match_share:.0%} of answers are called "match", those with a probability of '
            f"at least {calibration.match_at:.2f}; {quality.match_precision:.1%} of them are right"
        )
    if quality.absent_matched is not None:
        click.echo(f'of photos of products that the catalog lacks, {quality.absent_matched:.1%} are called "match"')
