"""A progress bar with speed and remaining time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich import progress


class Advance(Protocol):
    """Updates a progress bar. ``total`` is None if it is unknown."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """Show ``done`` of ``total``, followed by a short note."""

    def stop(self) -> None:
        """Stops drawing, so that the user can be prompted."""


@contextmanager
def progress_bar(label: str, hidden: bool = False) -> Iterator[Advance]:
    """A bar on standard error: live on a terminal, one final line elsewhere. Nothing is shown if no work began."""
    from rich import progress
    from rich.console import Console

    bar = progress.Progress(
        progress.TextColumn(label),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
        progress.TextColumn("[red]{task.fields[note]}"),
        console=Console(stderr=True),
        disable=hidden,
    )
    with bar:
        task = bar.add_task("", total=None, rate="", note="")

        try:
            yield _Bar(bar, task)
        finally:
            bar.update(task, visible=bar.tasks[0].total is not None or bar.tasks[0].completed > 0)


class _Bar:
    def __init__(self, bar: progress.Progress, task: progress.TaskID) -> None:
        self._bar = bar
        self._task = task

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        speed = self._bar.tasks[0].finished_speed or self._bar.tasks[0].speed
        self._bar.update(self._task, completed=done, total=total, rate=f"{speed:.0f}/s" if speed else "", note=note)

    def stop(self) -> None:
        self._bar.stop()
