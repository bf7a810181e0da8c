"""Records the progress and the rejections of a run of ``index``, and prints them if the run fails."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from sosie.cli.output import print_rejections
from sosie.types import Rejection

if TYPE_CHECKING:
    from sosie.types import Progress

LINE_BUFFERED = 1


class RunLog:
    """The progress of a run and its rejections, which are also written to a CSV file at once."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._rejections: list[Rejection] = []
        self._progress: Progress | None = None
        self._rows = csv.writer(file) if file else None
        self._write("item_id", "stage", "reason")

    def advance(self, now: Progress) -> None:
        """Record the progress."""
        self._progress = now

    def reject(self, rejection: Rejection) -> None:
        """Record a rejection."""
        self._rejections.append(rejection)
        self._write(rejection.item_id, rejection.stage, rejection.reason)

    def print(self) -> None:
        """Prints the progress, if there was any, and the rejections."""
        if self._progress is not None:
            total = "" if self._progress.total is None else f" of {self._progress.total}"
            click.echo(f"stopped after {self._progress.done}{total}; written items stay", err=True)
        print_rejections(self._rejections)

    def _write(self, *row: str) -> None:
        if self._rows:
            self._rows.writerow(row)


@contextmanager
def logged_run(path: str | None) -> Iterator[RunLog]:
    """A log that is printed if the run fails. Its rejections are written to the CSV file at ``path``."""
    if path is None:
        yield from _printed_on_failure(RunLog())
        return
    with Path(path).open("w", LINE_BUFFERED, newline="", encoding="utf-8", errors="backslashreplace") as file:
        yield from _printed_on_failure(RunLog(file))


def _printed_on_failure(log: RunLog) -> Iterator[RunLog]:
    try:
        yield log
    except Exception:
        log.print()
        raise
