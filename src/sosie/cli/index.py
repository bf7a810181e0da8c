"""``sosie index``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sosie.cli.failures import INTERRUPTED, NOTHING_DONE, WITH_REJECTIONS
from sosie.cli.fetch_options import fetch_options, to_options
from sosie.cli.index_options import flags_not_on_ray, index_options, take_index_options
from sosie.cli.options import (
    NewFile,
    device_option,
    embedder_options,
    json_option,
    max_pixels_option,
    store_option_or_none,
)
from sosie.cli.output import dump, escape_for_terminal, print_rejections
from sosie.cli.progress import progress_bar
from sosie.cli.run_log import logged_run
from sosie.cli.source_options import source_opener, source_options
from sosie.images.limits import DEFAULT_LIMITS, Limits
from sosie.support.urls import is_url
from sosie.types import IndexReport

if TYPE_CHECKING:
    from sosie.types import Progress

SHOWN_CHANGES = 20


@click.command("index")
@click.argument("source", type=click.Path())
@store_option_or_none
@embedder_options
@device_option
@source_options
@click.option(
    "--explain-source", is_flag=True, help="Only print how SOURCE is read: format, roles, types, first items."
)
@click.option("--shard", metavar="I/N", help="Only part I (from 0) of N equal parts.")
@index_options
@click.option(
    "--ray",
    "address",
    metavar="ADDRESS",
    help="Only for an Elasticsearch store: run on the Ray cluster at this address (host:6379, "
    "ray://host:10001, auto, or local).",
)
@click.option(
    "--rejections",
    "rejections_file",
    type=NewFile(),
    help="Write every rejection to this CSV file.",
)
@click.option("--strict", is_flag=True, help="Exit with 3 when anything was rejected.")
@max_pixels_option
@json_option
@fetch_options
def index_command(
    source: str, uri: str | None, embedder: str | None, explain_source: bool, shard: str | None, address: str | None,
    rejections_file: str | None, strict: bool, limits: Limits, as_json: bool, **keywords: Any,
) -> None:  # fmt: skip
    """Index SOURCE into the catalog at --store.

    SOURCE is a folder or archive of pictures, a table (CSV, JSON, Parquet, spreadsheet, SQLite), a product feed
    (Google Merchant and other XML), an export of a shop, or the URL of any of these. Its kind is recognized by its
    content; --explain-source prints it.

    Unchanged pictures are skipped, changed ones are embedded again. A bad picture or row is reported, and never stops
    the run. Pictures behind URLs are fetched; for many, use `sosie fetch` first, which can be interrupted and
    continued.

    \b
    Examples:
      sosie index pictures/ --store shop.sosie
      sosie index catalog.csv --store shop.sosie --embedder trio
      sosie index products.parquet --store shop.sosie --column image=picture_url --column item_id=sku
      sosie index products_export.csv --explain-source
      sosie index https://shop.example/feed.xml --store shop.sosie
      sosie index styles.csv --images pictures/ --type price=number --store shop.sosie
      sosie index train.json --label 12 --images lamps/ --store lamps.sosie
      sosie index train.json --label 12 --store lamps.sosie --contact me@example.org
      sosie index catalog.csv --store shop.sosie --sync --dry-run
      sosie index catalog.csv --store shop.sosie --sync --max-removals 30%
      sosie index catalog.csv --store elasticsearch+http://search:9200/shop --ray head:6379 --workers 8
      sosie index catalog.csv --store shop.sosie --code-attribute ean
      sosie index catalog.csv --store large.sosie --thumbnails 128
    """
    import sosie

    options = take_index_options(keywords)
    _refuse_beside_ray(
        address, {"--shard": shard, "--max-pixels": limits != DEFAULT_LIMITS, **flags_not_on_ray(options)}
    )
    opening, fetch = source_opener(keywords), to_options(**keywords)
    opened = opening(source)
    if shard:
        opened = opened.shard(*_parse_shard(shard, options.sync or options.swap))
    if explain_source:
        from sosie.cli.explaining_source import explain_source as explain

        explain(opened, as_json)
        return
    if uri is None:
        raise click.UsageError("--store is missing: give the store of the catalog, for instance --store shop.sosie")
    with (
        sosie.open(uri, embedder=embedder, fetch=fetch, limits=limits) as catalog,
        _watched(rejections_file, as_json) as watching,
    ):
        if address:
            from sosie.distributed import index_on_ray

            report = index_on_ray(
                partial(opening, source if is_url(source) else Path(source).absolute()), uri, address=address,
                embedder=embedder, fetch=fetch,
                details=options.details, workers=options.workers,
                on_progress=watching["on_progress"], on_rejection=watching["on_rejection"],
            )  # fmt: skip
        else:
            report = catalog.index(opened, options, **watching)
        no_store = not (options.dry_run or catalog.exists())
    if as_json:
        click.echo(dump(report.to_dict()))
    else:
        _print_report(report, options.dry_run)
    if no_store:
        click.echo(f"nothing was indexed, so no store was created at {escape_for_terminal(uri)}", err=True)
    raise SystemExit(_exit_code(report, strict, options.allow_unread))


@contextmanager
def _watched(rejections_file: str | None, hidden: bool) -> Iterator[dict[str, Any]]:
    """The callbacks of a run. They show its progress, and record progress and rejections in case the run fails."""
    with logged_run(rejections_file) as log, progress_bar("indexing", hidden=hidden) as advance:

        def show(now: Progress) -> None:
            log.advance(now)
            advance(now.done, now.total, f"{now.rejected} rejected" if now.rejected else "")

        def confirm(removed: int, total: int) -> bool:
            if not is_at_terminal():
                return False
            advance.stop()
            return click.confirm(f"The source lacks {removed:,} of {total:,} items. Remove them?", err=True)

        yield {"on_progress": show, "on_rejection": log.reject, "confirm_removal": confirm}


def is_at_terminal() -> bool:
    """True if the user can be prompted."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _refuse_beside_ray(address: str | None, options: Mapping[str, object]) -> None:
    given = [option for option, value in options.items() if value]
    if address and given:
        raise click.UsageError(
            f"--ray cannot be combined with {' or '.join(given)}: it divides the work itself, and never removes items"
        )


def _parse_shard(text: str, sync: bool) -> tuple[int, int]:
    part, slash, total = text.partition("/")
    if not (slash and part.isdigit() and total.isdigit() and int(part) < int(total)):
        raise click.BadParameter(f"{text!r}: expected I/N with I from 0 to N-1, for instance 0/4", param_hint="--shard")
    if sync:
        raise click.UsageError(
            "--sync or --swap with --shard would remove the items of the other shards; leave --shard out"
        )
    return int(part), int(total)


def _print_report(report: IndexReport, dry_run: bool) -> None:
    for change in report.changes[:SHOWN_CHANGES]:
        click.echo(f"  would {change.action} {escape_for_terminal(change.item_id)}")
    if len(report.changes) > SHOWN_CHANGES:
        click.echo(f"  … and {len(report.changes) - SHOWN_CHANGES} more; --json lists all")
    counts = (
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.removed} removed, {len(report.rejected)} rejected"
    )
    head = "interrupted, run it again to resume; so far " if report.interrupted else "dry run: " if dry_run else ""
    click.echo(f"{head}{counts} in {report.seconds:.1f} s")
    print_rejections(report.rejected)
    for note in report.notes:
        click.echo(f"note: {escape_for_terminal(note)}", err=True)


def _exit_code(report: IndexReport, strict: bool, allow_unread: bool) -> int:
    if report.interrupted:
        return INTERRUPTED
    if report.kept or (report.gaps and not allow_unread):
        return WITH_REJECTIONS
    if report.rejected and not (report.added or report.updated or report.unchanged or report.removed):
        return NOTHING_DONE
    return WITH_REJECTIONS if report.rejected and strict else 0
