"""The options of ``IndexOptions`` on the command line."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sosie.catalog.remote.refusals import NEED_STORE_OPTIONS
from sosie.cli.options import WORKERS

if TYPE_CHECKING:
    from sosie.catalog.options import IndexOptions

Command = TypeVar("Command", bound=Callable[..., Any])
ON_RAY = frozenset({"details", "workers"})
"""The options that a run on a Ray cluster supports."""


def index_options(command: Command) -> Command:
    """Adds the options of ``IndexOptions``; ``take_index_options`` reads them from the command's keywords."""
    for name in reversed(_OPTIONS):
        command = _OPTIONS[name](command)
    return command


def take_index_options(keywords: MutableMapping[str, Any]) -> IndexOptions:
    """The ``IndexOptions`` from the command's keywords, which are removed."""
    from sosie.catalog.options import IndexOptions

    return IndexOptions(**{name: keywords.pop(name) for name in _OPTIONS})


def flags_not_on_ray(options: IndexOptions) -> dict[str, object]:
    """The flags of options that a run on a Ray cluster does not support, with their values."""
    return {_FLAGS[name]: getattr(options, name) for name in _FLAGS if name not in ON_RAY}


def _on_or_off(context: click.Context, parameter: click.Parameter, value: str | None) -> bool | None:
    return None if value is None else value == "on"


def _option(name: str, text: str, **settings: Any) -> Callable[[Any], Any]:
    suffix = " Not with a server." if name in NEED_STORE_OPTIONS["index"] else ""
    return click.option(_FLAGS[name], name, help=text + suffix, **settings)


_FLAGS = {
    "sync": "--sync", "max_removals": "--max-removals", "allow_unread": "--allow-unread", "dry_run": "--dry-run",
    "swap": "--swap", "details": "--details", "thumbnails": "--thumbnails", "codes_in": "--code-attribute",
    "workers": "--workers",
}  # fmt: skip

_OPTIONS = {
    "sync": _option(
        "sync", "Remove items that are missing from the source; exit with 3 if parts of it could not be read.",
        is_flag=True,
    ),
    "max_removals": _option(
        "max_removals",
        "With --sync: remove at most this number or share of items. By default, removing more than 10% and more than "
        "20 items requires confirmation on a terminal.",
        metavar="N|P%",
    ),
    "allow_unread": _option(
        "allow_unread", "With --sync: remove items even if the source could not be read completely.", is_flag=True
    ),
    "dry_run": _option("dry_run", "Change nothing; print what would be done.", is_flag=True),
    "swap": _option("swap", "Elasticsearch: build a new index, then replace the old index by it.", is_flag=True),
    "details": _option(
        "details",
        "Store the details that distinguish exact products; by default on for a new store, else unchanged.",
        type=click.Choice(["on", "off"]), callback=_on_or_off,
    ),
    "thumbnails": _option(
        "thumbnails",
        "Longer side of the stored thumbnails in pixels, 0 for none; by default 256 for a new store, else unchanged.",
        type=click.Choice([256, 128, 0]),
    ),
    "codes_in": _option("codes_in", "The attribute with EAN or other codes; the store remembers it.", metavar="NAME"),
    "workers": _option("workers", WORKERS, type=click.IntRange(1, 256)),
}  # fmt: skip
