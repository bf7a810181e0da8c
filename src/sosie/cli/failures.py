"""Turns exceptions into a message and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from sosie.errors import SosieError, UnknownEmbedder, UsageError

NOTHING_DONE = 1
WRONG_USAGE = 2
WITH_REJECTIONS = 3
INTERRUPTED = 130


class NothingDone(click.ClickException):
    """Nothing could be done."""

    exit_code = NOTHING_DONE


class Interrupted(click.ClickException):
    """Ctrl-C ended the work."""

    exit_code = INTERRUPTED


class WrongUsage(click.ClickException):
    """The command was called with invalid arguments."""

    exit_code = WRONG_USAGE


FAILURES: dict[type[BaseException], type[click.ClickException]] = {
    UsageError: WrongUsage,
    UnknownEmbedder: WrongUsage,
    UnicodeEncodeError: WrongUsage,
    Exception: NothingDone,
}


@contextmanager
def reported(debug: bool) -> Iterator[None]:
    """Turns exceptions inside the block into a message and an exit code. With ``debug``, exceptions are raised."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise Interrupted("interrupted; completed changes stay, and nothing is half written") from interrupt
    except (click.ClickException, click.Abort, click.exceptions.Exit, BrokenPipeError):
        raise
    except Exception as error:
        if debug:
            raise
        failure = next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)
        raise failure(_message(error)) from error


def _message(error: Exception) -> str:
    if isinstance(error, SosieError):
        return str(error)
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object!r} is not valid UTF-8; retype it"
    if isinstance(error, OSError):
        place = f" {str(error.filename)!r}" if error.filename else ""
        return f"cannot use the file{place}: {error.strerror or error}; check the path, permissions and free space"
    return f"unexpected {type(error).__name__}: {error}; please report it with the output of `sosie --debug …`"
