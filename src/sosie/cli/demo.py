"""``sosie demo``."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.cli.output import write_results
from sosie.cli.progress import progress_bar
from sosie.cli.sheet import draw_sheet
from sosie.errors import ImageError
from sosie.types import SearchResult

if TYPE_CHECKING:
    from rich.table import Table

    from sosie.catalog import CatalogProtocol

SHOWN_ON_SHEET = 6


@click.command("demo")
@click.option(
    "--into",
    type=click.Path(file_okay=False),
    default="sosie-demo",
    show_default=True,
    help="Folder for the demo's files.",
)
@click.option("--store", "uri", metavar="URI", help="Store of the catalog; by default demo.sosie in the folder.")
@click.option("--embedder", metavar="NAME", help="The network for a new store.")
def demo_command(into: str, uri: str | None, embedder: str | None) -> None:
    """Try everything without data of your own.

    Draws a small catalog and customers' photos of some of its products, indexes it, searches with every photo, prints
    the results, and writes response.json and sheet.png.

    \b
    Example:
      sosie demo --into try-it
    """
    import sosie
    from sosie.demo import draw_catalog, draw_customer_photos

    folder = Path(into)
    with progress_bar("drawing a catalog") as advance:
        table = draw_catalog(folder, advance)
    with progress_bar("drawing photos") as advance:
        photos = _read_photos(draw_customer_photos(folder, advance))
    with sosie.open(uri or str(folder / "demo.sosie"), embedder=embedder) as catalog:
        _index(catalog, table)
        answers = _search(catalog, list(photos))
        shown = list(photos)[:SHOWN_ON_SHEET]
        draw_sheet(str(folder / "sheet.png"), catalog, shown, answers[: len(shown)])
    write_results(str(folder / "response.json"), answers)
    _print_answers(photos, answers)
    click.echo(f"wrote {folder / 'response.json'} and {folder / 'sheet.png'}")


def _read_photos(table: Path) -> dict[str, str]:
    """The path of every photo, and the product in it."""
    with table.open(encoding="utf-8", newline="") as file:
        return {str(table.parent / row["image"]): row["product_id"] for row in csv.DictReader(file)}


def _index(catalog: CatalogProtocol, table: Path) -> None:
    with progress_bar("indexing") as advance:
        report = catalog.index(table, on_progress=lambda now: advance(now.done, now.total))
    click.echo(
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged in {report.seconds:.1f} s"
    )


def _search(catalog: CatalogProtocol, photos: Sequence[str]) -> list[SearchResult]:
    answers = []
    for answer in catalog.search_many(photos):
        if isinstance(answer, ImageError):
            raise answer
        answers.append(answer)
    return answers


def _print_answers(photos: dict[str, str], answers: Sequence[SearchResult]) -> None:
    from rich.console import Console

    Console(highlight=False).print(_table(photos, answers))
    listed = [(wanted, answer) for wanted, answer in zip(photos.values(), answers, strict=True) if wanted]
    first = sum(_rank(wanted, answer) == 1 for wanted, answer in listed)
    among = sum(_rank(wanted, answer) is not None for wanted, answer in listed)
    click.echo(
        f"{len(listed)} photos show a product of the catalog: it ranked first for {first}, "
        f"and in the first ten for {among}"
    )


def _table(photos: dict[str, str], answers: Sequence[SearchResult]) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("photo", "it shows", "rank", "first match", "score"):
        table.add_column(heading, justify="right" if heading in ("rank", "score") else "left")
    for (path, wanted), answer in zip(photos.items(), answers, strict=True):
        best = answer.matches[0]
        rank = _rank(wanted, answer)
        shown = "–" if not wanted else "not in ten" if rank is None else str(rank)
        score = "" if best.score is None else f"{best.score:.3f}"
        table.add_row(Path(path).name, wanted or "not in the catalog", shown, str(best.attributes["title"]), score)
    return table


def _rank(wanted: str, answer: SearchResult) -> int | None:
    return next((match.rank for match in answer.matches if match.product_id == wanted), None)
