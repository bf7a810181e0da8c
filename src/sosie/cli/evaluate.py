"""``sosie evaluate`` and ``sosie compare``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.cli.failures import NOTHING_DONE, WITH_REJECTIONS
from sosie.cli.options import (
    STANDARD_OUTPUT,
    NewFile,
    columns_option,
    device_option,
    json_option,
    parse_columns,
    store_option,
    workers_option,
)
from sosie.cli.output import dump
from sosie.cli.progress import progress_bar
from sosie.errors import UsageError

if TYPE_CHECKING:
    from sosie.evaluation.records import Evaluation
    from sosie.sources.base import Source


@click.command("evaluate")
@click.argument("queries", type=click.Path(), required=False)
@store_option
@click.option("--leave-one-out", is_flag=True, help="Search with every item of the catalog, without its own picture.")
@click.option(
    "--by", metavar="ATTRIBUTE", default="product_id", show_default=True,
    help="A match is right if its value equals the query's.",
)  # fmt: skip
@click.option(
    "--per", multiple=True, metavar="ATTRIBUTE", help="Show figures for each value of this attribute of the queries."
)
@click.option("--depth", type=int, default=100, show_default=True, help="Number of products of each result to judge.")
@columns_option
@workers_option
@device_option
@click.option(
    "--json", "json_file", type=NewFile(or_output=True), metavar="FILE",
    help="Write everything as JSON; - prints it instead of tables.",
)  # fmt: skip
@click.option(
    "--html", "html_file", type=NewFile(), metavar="FILE",
    help="Write one page with pictures.",
)  # fmt: skip
@click.option("--all", "every_metric", is_flag=True, help="Print every metric, not only the three main ones.")
@click.option("--strict", is_flag=True, help="Exit with 3 when a query was rejected.")
def evaluate_command(
    queries: str | None, uri: str, leave_one_out: bool, by: str, per: Sequence[str], depth: int, columns: Sequence[str],
    workers: int | None, json_file: str | None, html_file: str | None, every_metric: bool, strict: bool,
) -> None:  # fmt: skip
    """Measure the quality of results, with labeled QUERIES or with the catalog itself.

    QUERIES is any source that `sosie index` reads: a table with image and product_id, a folder, or iMaterialist JSON.

    \b
    Examples:
      sosie evaluate photos.csv --store shop.sosie --html evaluation.html
      sosie evaluate photos.csv --store shop.sosie --per category --json today.json
      sosie evaluate photos.csv --store shop.sosie --by brand
      sosie evaluate --leave-one-out --store shop.sosie
    """
    import sosie

    source = _source(queries, leave_one_out, columns)
    hidden = json_file == STANDARD_OUTPUT
    with sosie.open(uri) as catalog:
        with progress_bar("searching", hidden=hidden) as advance:
            evaluation = catalog.evaluate(
                source, by=by, leave_one_out=leave_one_out, per=per, depth=depth, workers=workers,
                on_progress=lambda now: advance(now.done, now.total),
            )  # fmt: skip
        if html_file:
            _write(html_file, catalog.evaluation_page(evaluation))
    _report(evaluation, json_file, every_metric)
    if not evaluation.judged:
        raise SystemExit(NOTHING_DONE)
    raise SystemExit(WITH_REJECTIONS if strict and evaluation.rejected else 0)


@click.command("compare")
@click.argument("first", type=click.Path(exists=True, dir_okay=False), metavar="A.json")
@click.argument("second", type=click.Path(exists=True, dir_okay=False), metavar="B.json")
@json_option
def compare_command(first: str, second: str, as_json: bool) -> None:
    """Compare evaluation B with evaluation A, query by query, and test whether the difference is significant.

    \b
    Examples:
      sosie evaluate photos.csv --store plain.sosie --json plain.json
      sosie evaluate photos.csv --store trio.sosie --json trio.json
      sosie compare plain.json trio.json
    """
    from sosie.cli.figures import print_comparison
    from sosie.evaluation.comparison import compare_evaluations

    compared = compare_evaluations(_read(first), _read(second))
    if as_json:
        click.echo(dump(compared.to_dict()))
    else:
        print_comparison(compared)


def _source(queries: str | None, leave_one_out: bool, columns: Sequence[str]) -> Source | None:
    from sosie.sources.opening import open_source

    if (queries is None) != leave_one_out:
        raise click.UsageError("give either QUERIES or --leave-one-out")
    return None if queries is None else open_source(queries, columns=parse_columns(columns))


def _report(evaluation: Evaluation, json_file: str | None, every_metric: bool) -> None:
    from sosie.cli.figures import print_evaluation
    from sosie.evaluation.summary import to_dict

    if json_file == STANDARD_OUTPUT:
        click.echo(dump(to_dict(evaluation)))
        return
    if json_file:
        _write(json_file, json.dumps(to_dict(evaluation), ensure_ascii=False) + "\n")
    print_evaluation(evaluation, every_metric)


def _write(path: str, text: str) -> None:
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _read(path: str) -> Evaluation:
    from sosie.evaluation.comparison import from_dict

    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        data = None
    try:
        return from_dict(data)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
