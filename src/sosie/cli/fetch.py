"""``sosie fetch``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sosie.cli.failures import INTERRUPTED, NOTHING_DONE, WITH_REJECTIONS
from sosie.cli.fetch_options import fetch_options, to_options
from sosie.cli.options import json_option
from sosie.cli.output import dump
from sosie.cli.progress import Advance, progress_bar
from sosie.support.wording import amount

if TYPE_CHECKING:
    from sosie.downloading.tally import DownloadReport, DownloadTally

_SHOWN_REASONS = 3
_SLOW_SECONDS = 2.0
_SHOWN_EVERY = 0.5


@click.command("fetch")
@click.argument("source", type=click.Path())
@click.option("--into", required=True, metavar="DIR", type=click.Path(), help="The folder for pictures and table.")
@click.option("--label", metavar="LABEL", help="iMaterialist JSON: only this label.")
@click.option("--column", "columns", multiple=True, metavar="ROLE=NAME", help="Table: the column of the image.")
@click.option(
    "--format", "picture_format", type=click.Choice(["keep", "jpeg", "webp"]), default="keep", show_default=True
)
@click.option("--resize", type=int, metavar="PIXELS", help="Scale pictures down to this longer side.")
@click.option("--retry-failed", is_flag=True, help="Request failed URLs again.")
@click.option("--reason", metavar="WORD", help="With --retry-failed: only failures such as timeout or http_503.")
@click.option("--refresh", is_flag=True, help="Check whether fetched pictures have changed.")
@click.option(
    "--placeholder-after", type=int, default=10, show_default=True, metavar="N",
    help="The same bytes from N URLs of a host count as a placeholder; 0 for never.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit with 3 when anything failed.")
@json_option
@fetch_options
def fetch_command(
    source: str, into: str, label: str | None, columns: Sequence[str], picture_format: Any, resize: int | None,
    retry_failed: bool, reason: str | None, refresh: bool, placeholder_after: int, strict: bool, as_json: bool,
    **fetching: Any,
) -> None:  # fmt: skip
    """Download the pictures of SOURCE, a table with URLs or an iMaterialist JSON, into a folder.

    You can stop the command at any moment; the next run fetches the rest. DIR/fetched.parquet has a row for each
    picture, with the reason of every failure. `sosie index` reads it as a source.

    \b
    Examples:
      sosie fetch train.json --label 12 --into lamps/ --contact me@example.org
      sosie fetch products.csv --column image=picture_url --into pictures/ --resize 512 --format webp
      sosie fetch train.json --label 12 --into lamps/ --retry-failed --reason timeout
      sosie index lamps/fetched.parquet --store lamps.sosie
    """
    from sosie.cli.options import parse_columns
    from sosie.downloading.download import download
    from sosie.downloading.options import DownloadOptions
    from sosie.sources.opening import open_source

    options = DownloadOptions(
        to_options(**fetching), picture_format, resize, retry_failed, reason, refresh, placeholder_after
    )
    opened = open_source(source, label=label, columns=parse_columns(columns))
    with progress_bar("fetching", hidden=as_json) as advance:
        report = download(opened, Path(into), options, on_progress=_Display(advance))
    click.echo(dump(report.to_dict()) if as_json else _summary(report))
    raise SystemExit(_exit_code(report, strict))


class _Display:
    """Shows a tally at most a few times a second."""

    def __init__(self, advance: Advance) -> None:
        self._advance = advance
        self._next = 0.0

    def __call__(self, now: DownloadTally) -> None:
        if now.seconds >= self._next or now.ended == now.total:
            self._next = now.seconds + _SHOWN_EVERY
            self._advance(now.ended, now.total, _note(now))


def _note(now: DownloadTally) -> str:
    failures = [f"{count} {reason}" for reason, count in now.reasons.most_common(_SHOWN_REASONS)]
    slow = [f"slow: {host} {seconds:.1f} s" for host, seconds in now.slowest_hosts(1) if seconds > _SLOW_SECONDS]
    return ", ".join(failures + slow)


def _summary(report: DownloadReport) -> str:
    head = "interrupted, run it again to resume; so far " if report.interrupted else ""
    counts = ", ".join(f"{count:,} {status}" for status, count in sorted(report.items.items())) or "nothing"
    lines = [
        f"{head}{counts}; {amount(report.requested, 'URL')} requested in {report.seconds:.1f} s ({report.rate:.0f}/s)"
    ]
    lines += [f"  {count:,} {reason}" for reason, count in report.reasons.items()]
    if report.rejected:
        lines.append(f"  rejected: {amount(report.rejected, 'row')} of the source")
    lines += [f"  slowest: {host}, {seconds:.2f} s a response" for host, seconds in report.slowest_hosts]
    return "\n".join([*lines, report.table])


def _exit_code(report: DownloadReport, strict: bool) -> int:
    if report.interrupted:
        return INTERRUPTED
    if not report.items.get("done"):
        return NOTHING_DONE
    return WITH_REJECTIONS if strict and (report.items.get("failed") or report.rejected) else 0
