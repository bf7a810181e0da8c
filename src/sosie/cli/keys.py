"""``sosie keys``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sosie.cli.failures import NOTHING_DONE

if TYPE_CHECKING:
    from sosie.server.keys import KeyRing, Scope


def default_key_file() -> str:
    """The default key file, in the user's configuration folder."""
    return str(Path(click.get_app_dir("sosie")) / "keys.json")


def keys_option(command: click.decorators.FC) -> click.decorators.FC:
    """``--keys FILE``, or the environment variable SOSIE_KEYS."""
    return click.option(
        "--keys", "key_file", metavar="FILE", type=click.Path(dir_okay=False), envvar="SOSIE_KEYS", show_envvar=True,
        help="File of the keys' hashes; by default in your configuration folder.",
    )(command)  # fmt: skip


@click.group()
def keys() -> None:
    """Create, list and remove the keys for `sosie serve`.

    \b
    Examples:
      sosie keys add shop --scope read
      sosie keys add editor --scope read --scope write --keys keys.json
      sosie keys add partner --catalog archive
      sosie keys remove 1f0c2a9b
    """


@keys.command("add")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, default=("read",), show_default=True, type=click.Choice(("read", "write")),
    help="Permission of the key; repeat it for both.",
)  # fmt: skip
@click.option(
    "--catalog", "catalogs", multiple=True, metavar="NAME",
    help="A catalog that the key opens, of a server of several; all unless given. Repeat it.",
)  # fmt: skip
@keys_option
def add_key_command(name: str, scopes: Sequence[Scope], catalogs: Sequence[str], key_file: str | None) -> None:
    """Create a key called NAME and print it. It is shown only once, because only its hash is stored."""
    ring = _ring(key_file)
    key, text = ring.add(name, scopes, catalogs)
    where = f" in {' and '.join(key.catalogs)}" if key.catalogs else ""
    click.echo(
        f"key {key.key_id} ({name}) may {' and '.join(key.scopes)}{where}; it is kept as a hash in {ring.path}",
        err=True,
    )
    click.echo(text)


@keys.command("list")
@keys_option
def list_keys_command(key_file: str | None) -> None:
    """List the keys: id, scopes, creation time, name, catalogs."""
    for key in _ring(key_file).all():
        only = f" ({', '.join(key.catalogs)} only)" if key.catalogs else ""
        click.echo(f"{key.key_id}  {'+'.join(key.scopes):10}  {key.created}  {key.name}{only}")


@keys.command("remove")
@click.argument("key_id")
@keys_option
def remove_key_command(key_id: str, key_file: str | None) -> None:
    """Remove the key KEY_ID; running servers refuse it at once."""
    if not _ring(key_file).remove(key_id):
        click.echo(f"Error: no key {key_id!r}; `sosie keys list` shows them", err=True)
        raise SystemExit(NOTHING_DONE)
    click.echo(f"key {key_id} removed")


def _ring(key_file: str | None) -> KeyRing:
    from sosie.server.keys import KeyRing

    return KeyRing(key_file or default_key_file())
