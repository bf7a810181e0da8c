"""``sosie serve``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from sosie.cli.keys import default_key_file, keys_option
from sosie.cli.options import device_option, quick_option, stores_option
from sosie.images.limits import DEFAULT_LIMITS

MEGABYTE = 1024 * 1024
BURST_SECONDS = 4
"""The requests of this many seconds may come at once."""


@click.command("serve")
@stores_option
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen at; any but loopback needs a key."
)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen at.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes, each with its own queue, limits and metrics.",
)
@keys_option
@click.option("--create", is_flag=True, help="Create an empty catalog if there is none.")
@click.option("--embedder", metavar="NAME", help="The network of a catalog created by --create.")
@quick_option
@device_option
@click.option("--max-body", type=click.IntRange(1), default=32, show_default=True, help="Largest body, in MB.")
@click.option(
    "--max-pixels",
    type=click.IntRange(1),
    default=DEFAULT_LIMITS.max_pixels,
    show_default=True,
    help="Largest picture.",
)
@click.option(
    "--queue", type=click.IntRange(1), default=256, show_default=True, help="Searches and writes that may wait."
)
@click.option("--rate", type=click.FloatRange(0), default=50, show_default=True,
              help="Requests a second for each key and address, four seconds' worth at once; 0: no limit.")  # fmt: skip
@click.option("--allow-origin", "origins", multiple=True, metavar="ORIGIN",
              help="A site whose pages may call the API, such as https://shop.example.")  # fmt: skip
@click.option("--allowed-host", "allowed_hosts", multiple=True, metavar="NAME",
              help="An allowed host name of the server; then every request needs a key.")  # fmt: skip
@click.option("--require-key", is_flag=True, help="Require a key also on this machine, as --keys does.")
@click.option("--root-path", default="", metavar="PATH",
              help="The path under which a proxy serves Sosie, such as /search.")  # fmt: skip
@click.option("--trusted-proxy", "trusted_proxies", multiple=True, metavar="ADDRESS",
              help="Address or network of a proxy whose X-Forwarded-For and -Prefix are trusted.")  # fmt: skip
def serve_command(
    uris: Sequence[str], host: str, port: int, workers: int, key_file: str | None, create: bool, embedder: str | None,
    quick: bool, max_body: int, max_pixels: int, queue: int, rate: float, origins: Sequence[str],
    allowed_hosts: Sequence[str], require_key: bool, root_path: str, trusted_proxies: Sequence[str],
) -> None:  # fmt: skip
    """Answer searches over HTTP, and show the page at http://HOST:PORT/.

    With several --store NAME=URI each catalog has its own page and API below http://HOST:PORT/catalogs/NAME.

    \b
    Examples:
      sosie serve --store shop.sosie
      sosie serve --store shop=shop.sosie --store archive=/data/2019.sosie
      sosie keys add shop --scope read && sosie serve --store shop.sosie --host 0.0.0.0
      sosie serve --store shop.sosie --keys keys.json --trusted-proxy 127.0.0.1 --root-path /search
      sosie serve --store new.sosie --create --embedder trio
    """
    from sosie.server.running import run_server
    from sosie.server.settings import Settings

    key_path = key_file or default_key_file()
    settings = Settings(
        **_places(uris), host=host, port=port,
        keys=key_path if key_file or Path(key_path).exists() else None, embedder=embedder,
        quick=quick, max_body=max_body * MEGABYTE, max_pixels=max_pixels, queue=queue, rate=rate,
        burst=max(1, round(BURST_SECONDS * rate)),
        origins=tuple(origins), allowed_hosts=tuple(allowed_hosts), require_key=require_key or key_file is not None,
        trusted_proxies=tuple(trusted_proxies), root_path=root_path,
    )  # fmt: skip
    run_server(settings, workers=workers, create=create)


def _places(uris: Sequence[str]) -> dict[str, Any]:
    """The setting for a catalog without a name, or for catalogs with names."""
    from sosie.server.naming import named_stores, names_catalog

    return {"stores": named_stores(uris)} if len(uris) > 1 or names_catalog(uris[0]) else {"store": uris[0]}
