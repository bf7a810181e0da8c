"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def store_option(command: Command) -> Command:
    """``--store URI``, or the environment variable SOSIE_STORE."""
    return click.option(
        "--store", "uri", metavar="URI", required=True, envvar="SOSIE_STORE", show_envvar=True,
        help="Where the catalogue is kept: a folder such as shop.sosie.",
    )(command)  # fmt: skip


def json_option(command: Command) -> Command:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")(command)


def k_option(command: Command) -> Command:
    """``-k N``."""
    return click.option("-k", "k", type=int, default=10, show_default=True, help="How many products to answer.")(
        command
    )


def where_option(command: Command) -> Command:
    """``--where CONDITION``, repeatable."""
    return click.option(
        "--where", "where", multiple=True, metavar="CONDITION",
        help="Only products with brand=Acme, type=Shoes,Boots (one of them), brand!=Acme, 'price<20'. "
        "Repeat it: all conditions must hold.",
    )(command)  # fmt: skip


def output_option(command: Command) -> Command:
    """``--output FILE``."""
    return click.option(
        "--output", type=click.Path(dir_okay=False, writable=True), help="Write the answers to this JSON file, too."
    )(command)
