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
"""What a run on a Ray cluster takes of them."""


def index_options(command: Command) -> Command:
    """The options of ``IndexOptions``; ``take_index_options`` reads them from the command's keywords."""
    for name in reversed(_OPTIONS):
        command = _OPTIONS[name](command)
    return command


def take_index_options(keywords: MutableMapping[str, Any]) -> IndexOptions:
    """What the options say; they are removed from the keywords."""
    from sosie.catalog.options import IndexOptions

    return IndexOptions(**{name: keywords.pop(name) for name in _OPTIONS})


def flags_not_on_ray(options: IndexOptions) -> dict[str, object]:
    """The options that a run on a Ray cluster does not take, by their flags, with their values."""
    return {_FLAGS[name]: getattr(options, name) for name in _FLAGS if name not in ON_RAY}


def _on_or_off(context: click.Context, parameter: click.Parameter, value: str | None) -> bool | None:
    return None if value is None else value == "on"


def _option(name: str, text: str, **how: Any) -> Callable[[Any], Any]:
    where = " Not with a server." if name in NEED_STORE_OPTIONS["index"] else ""
    return click.option(_FLAGS[name], name, help=text + where, **how)


_FLAGS = {
    "sync": "--sync", "max_removals": "--max-removals", "allow_unread": "--allow-unread", "dry_run": "--dry-run",
    "swap": "--swap", "details": "--details", "codes_in": "--code-attribute", "workers": "--workers",
}  # fmt: skip

_OPTIONS = {
    "sync": _option(
        "sync", "Remove items that the source was read not to have; exit with 3 where some could not be read.",
        is_flag=True,
    ),
    "max_removals": _option(
        "max_removals",
        "With --sync: remove at most so many items, or this share of the catalog. Unless given, more than 10% and more "
        "than 20 items go only after a yes on a terminal.",
        metavar="N|P%",
    ),
    "allow_unread": _option(
        "allow_unread", "With --sync: remove items also where the source could not be read whole.", is_flag=True
    ),
    "dry_run": _option("dry_run", "Change nothing; say what would be done.", is_flag=True),
    "swap": _option("swap", "Elasticsearch: build a new index, then put it in the old one's place.", is_flag=True),
    "details": _option(
        "details",
        "Keep the details by which exact products are told apart: on for a new store, as it was for an old one.",
        type=click.Choice(["on", "off"]), callback=_on_or_off,
    ),
    "codes_in": _option("codes_in", "The attribute with EAN or other codes; the store keeps the name.", metavar="NAME"),
    "workers": _option("workers", WORKERS, type=click.IntRange(1, 256)),
}  # fmt: skip
