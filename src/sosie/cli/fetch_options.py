"""Options of every command that fetches pictures from URLs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from sosie.images.fetch.options import FetchOptions

Command = TypeVar("Command", bound=Callable[..., Any])

_DEFAULTS = FetchOptions()


def fetch_options(command: Command) -> Command:
    """Adds the options of ``FetchOptions`` that users may want to change. The command takes them as ``**fetching``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def to_options(allow_private: bool, ignore_robots: bool, **numbers: Any) -> FetchOptions:
    """The ``FetchOptions`` from the command's arguments."""
    return FetchOptions(allow_private=allow_private, respect_robots=not ignore_robots, **numbers)


def _number(flag: str, name: str, text: str, kind: click.IntRange | click.FloatRange) -> Callable[[Command], Command]:
    return click.option(flag, name, type=kind, default=getattr(_DEFAULTS, name), show_default=True, help=text)


_OPTIONS = (
    _number("--concurrency", "concurrency", "URLs: most parallel requests.", click.IntRange(1, 4096)),
    _number("--per-host", "per_host", "URLs: most parallel requests to one host.", click.IntRange(1, 1024)),
    _number("--rate", "rate", "URLs: most requests a second to one host; 0 for no limit.", click.FloatRange(0)),
    _number("--attempts", "attempts", "URLs: attempts after temporary failures.", click.IntRange(1, 100)),
    _number("--timeout", "total_timeout", "URLs: seconds for one picture.", click.FloatRange(0.1)),
    _number("--max-bytes", "max_bytes", "URLs: size of the largest picture.", click.IntRange(1)),
    click.option("--contact", default="", metavar="ADDRESS", help="URLs: your address or page, sent to every server."),
    click.option(
        "--ignore-robots", is_flag=True, help="URLs: fetch pictures even if X-Robots-Tag says noai or noindex."
    ),
    click.option("--allow-private", is_flag=True, help="URLs: also fetch from this machine and private networks."),
)
