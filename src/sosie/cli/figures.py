"""Prints evaluations and comparisons as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sosie.cli.output import WIDTH_IN_A_FILE, print_rejections
from sosie.evaluation.summary import (
    HEADLINE,
    Confusion,
    Group,
    confusions_of,
    groups_of,
    median_seconds,
    metrics_of,
    probability_quality,
)
from sosie.support.wording import amount

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sosie.evaluation.comparison import EvaluationComparison
    from sosie.evaluation.records import Evaluation
    from sosie.evaluation.statistics import Interval

SHOWN_CONFUSIONS = 10
SHOWN_LABELS = 3


def print_evaluation(evaluation: Evaluation, every_metric: bool = False) -> None:
    """Prints the main metrics or all of them, the groups, the worst confusions, and the queries not judged."""
    setting = evaluation.setting
    judged = len(evaluation.judged)
    left_out = f"{amount(judged, 'item')}, each left out of its own answer,"
    click.echo(
        f"{left_out if setting.leave_one_out else amount(judged, 'query')} against "
        f"{amount(setting.products, 'product')} in {amount(setting.items, 'item')} of {setting.store}; "
        f"judged by {setting.by}; embedder {setting.embedder}"
    )
    if evaluation.judged:
        _print_figures(evaluation, every_metric)
    _print_left_out(evaluation)
    print_rejections(evaluation.rejected, "--json FILE")
    median = median_seconds(evaluation)
    each = "" if median is None else f", {1000 * median:.1f} ms a query (median)"
    click.echo(f"{evaluation.seconds:.1f} s{each}")


def print_comparison(compared: EvaluationComparison) -> None:
    """Prints both means of every metric, the difference with its interval, and the p-value."""
    first, second = compared.first, compared.second
    click.echo(f"A  {first.store}, {first.embedder}, {first.generation}")
    click.echo(f"B  {second.store}, {second.embedder}, {second.generation}")
    table = _new_table("metric", "A", "B", "B − A", "95 % interval", "p", "")
    for name, metric in compared.metrics.items():
        between = f"{metric.difference.low:+.3f} … {metric.difference.high:+.3f}"
        says = "better" if metric.helps else "worse" if metric.difference.high < 0 else "no difference shown"
        difference = f"{metric.difference.mean:+.3f}"
        table.add_row(
            name, f"{metric.first:.3f}", f"{metric.second:.3f}", difference, between, f"{metric.p_value:.4f}", says
        )
    _console().print(table)
    click.echo(
        f"{amount(compared.queries, 'query')} in both; {len(compared.won)} right at first place only in B, "
        f"{len(compared.lost)} only in A"
        + (f"; {compared.unpaired} in one of them only, left out" if compared.unpaired else "")
    )


def _print_figures(evaluation: Evaluation, every_metric: bool) -> None:
    console = _console()
    table = _new_table("metric", "mean", "95 % interval")
    names = None if every_metric else HEADLINE
    for name, interval in metrics_of(evaluation.judged, evaluation.setting.depth, names).items():
        table.add_row(name, *_cells(interval))
    console.print(table)
    if not every_metric:
        click.echo("--all shows every metric")
    for attribute in evaluation.per:
        console.print(_groups(attribute, groups_of(evaluation, attribute)))
    if confusions := confusions_of(evaluation, SHOWN_CONFUSIONS):
        console.print(_confusions(confusions))
    if quality := probability_quality(evaluation):
        click.echo(f"expected calibration error {quality.error:.3f}, Brier score {quality.brier:.3f}")


def _groups(attribute: str, groups: Sequence[Group]) -> Table:
    from rich.text import Text

    names = list(groups[0].metrics)
    table = _new_table(attribute, "queries", *(heading for name in names for heading in (name, "95 % interval")))
    for group in groups:
        cells = [cell for name in names for cell in _cells(group.metrics[name])]
        table.add_row(Text(group.value or "without"), str(group.queries), *cells)
    return table


def _confusions(confusions: Sequence[Confusion]) -> Table:
    from rich.text import Text

    table = _new_table("most often confused: wanted", "answered", "times", "of")
    for confusion in confusions:
        table.add_row(Text(confusion.wanted), Text(confusion.answered), str(confusion.times), str(confusion.queries))
    return table


def _print_left_out(evaluation: Evaluation) -> None:
    absent = evaluation.absent
    if not absent:
        return
    labels = list(dict.fromkeys(query.label for query in absent))
    named = ", ".join(map(repr, labels[:SHOWN_LABELS])) + (" …" if len(labels) > SHOWN_LABELS else "")
    if evaluation.setting.leave_one_out:
        click.echo(
            f"left out, without another picture of the same {evaluation.setting.by}: {amount(len(absent), 'item')}"
        )
    elif evaluation.judged:
        click.echo(
            f"not judged, their {evaluation.setting.by} is not in the catalog: {amount(len(absent), 'query')}, {named}",
            err=True,
        )
    else:
        click.echo(
            f"nothing could be judged: of {amount(len(absent), 'query')} none has a {evaluation.setting.by} of the "
            f"catalog. They have {named}; map the right column (--column), or judge by an attribute (--by)",
            err=True,
        )


def _new_table(*headings: str) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in headings:
        left = heading in ("", "answered") or heading == headings[0]
        table.add_column(heading, justify="left" if left else "right", no_wrap=True, overflow="ellipsis")
    return table


def _cells(interval: Interval) -> tuple[str, str]:
    if math.isnan(interval.mean):
        return "–", ""
    return f"{interval.mean:.3f}", f"{interval.low:.3f} … {interval.high:.3f}"


def _console() -> Console:
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH_IN_A_FILE)
