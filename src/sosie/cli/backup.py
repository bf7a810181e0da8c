"""``sosie backup`` and ``sosie restore``."""

from __future__ import annotations

from pathlib import Path

import click

from sosie.support.wording import amount


@click.command("backup")
@click.argument("uri", metavar="STORE", envvar="SOSIE_STORE")
@click.option("--to", "file", metavar="FILE", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="The file to write; an existing backup is replaced when the new one is complete.")  # fmt: skip
def backup_command(uri: str, file: Path) -> None:
    """Write a consistent copy of a local store into one file, even while programs read and write the store.

    \b
    Example:
      sosie backup shop.sosie --to shop-monday.db
    """
    from sosie.stores.opening import back_up_store

    click.echo(f"{amount(back_up_store(uri, file), 'item')} in {file}")


@click.command("restore")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--to", "uri", metavar="STORE", required=True, help="The folder of the new store.")
@click.option("--replace", is_flag=True, help="Replace an existing store; its database is kept as catalog.db.replaced.")
def restore_command(file: Path, uri: str, replace: bool) -> None:
    """Create a local store from a file that `sosie backup` wrote.

    Programs that have the store open report an error at their next search or write. Restart them.

    \b
    Example:
      sosie restore shop-monday.db --to shop.sosie
    """
    from sosie.stores.opening import restore_store

    click.echo(f"{amount(restore_store(file, uri, replace), 'item')} in {uri}")
