"""Options for the form of results: ``--json``, ``--csv``, ``-q`` and ``-v``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, TypeAlias, get_args

import click

from sosie.cli.options import Command

Form: TypeAlias = Literal["table", "verbose", "json", "csv", "ids"]


def form_options(command: Command) -> Callable[..., Any]:
    """Adds the options. The command receives the chosen form as ``form``."""

    @click.option("--json", "json", is_flag=True, help="Print JSON instead of a table.")
    @click.option("--csv", "csv", is_flag=True, help="Print CSV instead of a table.")
    @click.option("-q", "--quiet", "ids", is_flag=True, help="Print item ids only, one a line.")
    @click.option(
        "-v", "--verbose", "verbose", is_flag=True, help="Print all matches, the embedder and the calibration."
    )
    @wraps(command)
    def chosen(**arguments: Any) -> Any:
        forms = [form for form in get_args(Form) if arguments.pop(form, False)]
        if len(forms) > 1:
            raise click.UsageError("--json, --csv, -q and -v are different forms of an answer: choose one")
        return command(form=forms[0] if forms else "table", **arguments)

    return chosen
