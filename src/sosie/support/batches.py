"""Runs batches on every core and yields the results in order, with bounded memory."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from sosie.support.cores import usable_cores

Entry = TypeVar("Entry")
Result = TypeVar("Result")
IN_FLIGHT = 3


def in_order(
    stream: Iterable[Entry], work: Callable[[Sequence[Entry]], Result], size: int, workers: int | None = None
) -> Iterator[list[Result]]:
    """Results of ``work`` for each batch of ``size``, in the order of the stream. Yields lists of finished results.

    By default there is one worker more than cores: while one waits for a disk, the others compute. At most
    ``IN_FLIGHT`` batches a worker are in progress, which keeps all workers busy while the caller writes.
    """
    count = workers or usable_cores() + 1
    batches = _batches(iter(stream), size)
    pending: deque[Future[Result]] = deque()
    pool, abandoned = ThreadPoolExecutor(count, thread_name_prefix="sosie-embed"), False
    try:
        while True:
            room = min(count, IN_FLIGHT * count - len(pending))
            new = [pool.submit(work, batch) for batch in itertools.islice(batches, room)]
            pending.extend(new)
            if not pending:
                return
            if not new:
                wait((pending[0],))
            if ready := _ready(pending):
                yield ready
    except GeneratorExit:
        abandoned = True
        raise
    finally:
        # The garbage collector may end an abandoned generator in a thread that is just starting. This thread holds a
        # lock that joining any thread needs.
        pool.shutdown(wait=not abandoned, cancel_futures=True)


def _batches(rest: Iterator[Entry], size: int) -> Iterator[tuple[Entry, ...]]:
    while batch := tuple(itertools.islice(rest, size)):
        yield batch


def _ready(pending: deque[Future[Result]]) -> list[Result]:
    """Takes the finished results at the front. An error is raised only if no result comes before it."""
    taken: list[Result] = []
    while pending and pending[0].done():
        if taken and pending[0].exception():
            break
        taken.append(pending.popleft().result())
    return taken
