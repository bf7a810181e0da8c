"""Gives Click's messages about wrong usage the form of all other messages: lower case, no full stop, a suggestion."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from sosie.support.spelling import nearest

NO_SUCH_COMMAND = re.compile(r"No such command '(.*?)'")


@contextmanager
def usage_explained() -> Iterator[None]:
    """Raises Click's usage errors inside the block with a message in the form of all other messages."""
    try:
        yield
    except click.UsageError as error:
        raise click.UsageError(_message(error), ctx=error.ctx) from error


def missing_name(kind: str, name: str, names: Sequence[str], otherwise: str) -> str:
    """The message for a name that does not exist, with up to three names of similar spelling."""
    near = nearest(name, names)
    return f"there is no {kind} {name!r}: " + (f"did you mean {' or '.join(near)}?" if near else otherwise)


def _message(error: click.UsageError) -> str:
    if isinstance(error, click.NoSuchOption):
        path = error.ctx.command_path if error.ctx else "sosie"
        return missing_name("option", error.option_name, _options(error.ctx), f"`{path} --help` lists them")
    message = error.format_message()
    if error.ctx and isinstance(error.ctx.command, click.Group) and (missing := NO_SUCH_COMMAND.match(message)):
        names = error.ctx.command.list_commands(error.ctx)
        return missing_name("command", missing[1], names, f"`{error.ctx.command_path} --help` lists them")
    return _in_lower_case(message)


def _options(context: click.Context | None) -> list[str]:
    if context is None:
        return []
    options = [parameter for parameter in context.command.get_params(context) if isinstance(parameter, click.Option)]
    return [name for option in options for name in (*option.opts, *option.secondary_opts)]


def _in_lower_case(message: str) -> str:
    first = message.split(" ", 1)[0]
    plain = message.removesuffix(".")
    return plain if first.isupper() else plain[:1].lower() + plain[1:]
