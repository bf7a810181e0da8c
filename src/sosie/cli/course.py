"""What a run of ``index`` has told so far, kept for the case that it fails."""

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

BY_LINES = 1


class Course:
    """The progress of a run and its rejections; each is written to the CSV file, where there is one, as it comes."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._rejections: list[Rejection] = []
        self._progress: Progress | None = None
        self._rows = csv.writer(file) if file else None
        self._write("item_id", "stage", "reason")

    def advance(self, now: Progress) -> None:
        """So far it has come."""
        self._progress = now

    def reject(self, rejection: Rejection) -> None:
        """One more was rejected."""
        self._rejections.append(rejection)
        self._write(rejection.item_id, rejection.stage, rejection.reason)

    def tell(self) -> None:
        """Print how far the run came, where it came anywhere."""
        if self._progress is not None:
            total = "" if self._progress.total is None else f" of {self._progress.total}"
            click.echo(f"stopped after {self._progress.done}{total}; what was written stays", err=True)
        print_rejections(self._rejections)

    def _write(self, *row: str) -> None:
        if self._rows:
            self._rows.writerow(row)


@contextmanager
def followed(path: str | None) -> Iterator[Course]:
    """A course that is told where the run fails; its rejections go to the CSV file at ``path``."""
    if path is None:
        yield from _told(Course())
        return
    with Path(path).open("w", BY_LINES, newline="", encoding="utf-8", errors="backslashreplace") as file:
        yield from _told(Course(file))


def _told(course: Course) -> Iterator[Course]:
    try:
        yield course
    except Exception:
        course.tell()
        raise
