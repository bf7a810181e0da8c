"""``sosie items`` and ``sosie export``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from sosie.cli.hints import EMPTY
from sosie.cli.options import NewFile, sort_option, store_option, where_option
from sosie.cli.output import dump, escape_for_terminal, value_text
from sosie.cli.progress import progress_bar
from sosie.cli.tables import Column, print_table
from sosie.roles import Role, role_values
from sosie.support.wording import amount

if TYPE_CHECKING:
    from sosie.types import Record

Form: TypeAlias = Literal["json", "jsonl", "csv"]
SHOWN: tuple[Role, ...] = ("title", "brand", "price", "currency")


@click.command("items")
@store_option
@where_option
@click.option(
    "-k", "--limit", type=click.IntRange(1), default=50, show_default=True, metavar="N", help="Most items to list."
)
@sort_option("price for the lowest first, -price for the highest. Items without it come last.")
@click.option(
    "--after", default="", metavar="ITEM_ID", help="Begin after this item, the last one of the previous list."
)
@click.option("--csv", "form", flag_value="csv", help="Print CSV instead of a table.")
@click.option("--json", "form", flag_value="json", help="Print JSON instead of a table.")
@click.option("--jsonl", "form", flag_value="jsonl", help="Print JSON Lines instead of a table.")
def items_command(uri: str, where: Sequence[str], limit: int, sort: str | None, after: str, form: Form | None) -> None:
    """List the items of the catalog, ordered by id or by an attribute.

    \b
    Examples:
      sosie items --store shop.sosie
      sosie items --store shop.sosie --where brand=Acme --where 'price<20' -k 200
      sosie items --store shop.sosie --sort -price -k 20
      sosie items --store shop.sosie --sort -price -k 20 --after A-1001
      sosie items --store shop.sosie --where category=Mugs --csv -k 100000 > mugs.csv
      sosie items --store http://127.0.0.1:8000 --jsonl
    """
    import sosie

    with sosie.open(uri) as catalog:
        records = catalog.items(where, after=after, limit=limit, sort=sort)
        total = catalog.count(where)
        attributes = catalog.attributes() if form == "csv" else {}
        nothing = "no item passes the filters" if total or catalog.count() else EMPTY
    _print(records, form, list(attributes), total, nothing)
    if len(records) < total and records and not after:
        click.echo(f"{len(records):,} of {amount(total, 'item')}; -k N lists more, `sosie export` all", err=True)


@click.command("export")
@store_option
@click.option(
    "--to", "path", type=NewFile(), required=True, metavar="FILE",
    help="The table to write: .parquet, .csv or .jsonl.",
)  # fmt: skip
@where_option
@click.option("--vectors", is_flag=True, help="Include the embedding of each picture. Not with a server.")
@click.option(
    "--thumbnails", type=click.Path(file_okay=False), metavar="DIR", help="Also write the thumbnails into this folder."
)
def export_command(uri: str, path: str, where: Sequence[str], vectors: bool, thumbnails: str | None) -> None:
    """Write the items of the catalog into a table that `sosie index` can read.

    In CSV, texts that a spreadsheet would run as formulas get an apostrophe, which `sosie index` removes. A server does
    not reveal the paths of its pictures: it exports their names, and --thumbnails writes small copies.

    \b
    Examples:
      sosie export --to catalog.parquet --store shop.sosie
      sosie export --to catalog.csv --store shop.sosie --where brand=Acme
      sosie export --to vectors.parquet --vectors --store shop.sosie
      sosie export --to catalog.jsonl --thumbnails pictures/ --store http://127.0.0.1:8000
    """
    import sosie

    with sosie.open(uri) as catalog, progress_bar("exporting") as advance:
        count = catalog.export(path, where=where, vectors=vectors, thumbnails=thumbnails, on_progress=advance)
    click.echo(f"{amount(count, 'item')} written to {escape_for_terminal(path)}")


def _print(records: Sequence[Record], form: Form | None, attributes: Sequence[str], total: int, nothing: str) -> None:
    from sosie.catalog.exporting import STRUCTURAL, row_of, rows_to_csv

    rows = list(map(row_of, records))
    if form == "json":
        click.echo(dump({"items": rows, "total": total}))
    elif form == "jsonl":
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False).encode("utf-8", "backslashreplace"))
    elif form == "csv":
        click.echo(rows_to_csv(rows, [*STRUCTURAL, *sorted(attributes)]), nl=False)
    elif records:
        print_table(_columns(records))
    else:
        click.echo(nothing)


def _columns(records: Sequence[Record]) -> list[Column]:
    described = [role_values(record.attributes) for record in records]
    columns = [
        Column("item", tuple(record.item_id for record in records), least=16),
        Column("product", tuple(record.product_id for record in records), least=12, yields=3),
        *(
            Column(
                role,
                tuple(value_text(values.get(role), role == "price") for values in described),
                right=role == "price",
                least=8,
                yields=2,
            )
            for role in SHOWN
        ),
        Column("picture", tuple(_picture(record) for record in records), least=16, yields=5),
    ]
    return [column for column in columns if any(column.cells)]


def _picture(record: Record) -> str:
    return record.image if isinstance(record.image, str) else record.image[0]
