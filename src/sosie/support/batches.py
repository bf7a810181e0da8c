"""Batches on every core, in order; what is in flight is bounded, so memory does not grow with the stream."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from sosie.support.cores import usable_cores

One = TypeVar("One")
Done = TypeVar("Done")
IN_FLIGHT = 3


def in_order(
    stream: Iterable[One], work: Callable[[Sequence[One]], Done], size: int, workers: int | None = None
) -> Iterator[list[Done]]:
    """What ``work`` makes of each batch of ``size``, in the order of the stream, as many as are ready at a time.

    There is a worker more than cores unless ``workers`` says so: while one waits for a disk, the others compute.
    ``IN_FLIGHT`` batches a worker at most keep all of them busy while the caller writes.
    """
    count = workers or usable_cores() + 1
    batches = _batches(iter(stream), size)
    pending: deque[Future[Done]] = deque()
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
        # An abandoned generator may be ended by the garbage collector, in a thread that just starts: that one holds a
        # lock without which no thread can be joined.
        pool.shutdown(wait=not abandoned, cancel_futures=True)


def _batches(rest: Iterator[One], size: int) -> Iterator[tuple[One, ...]]:
    while batch := tuple(itertools.islice(rest, size)):
        yield batch


def _ready(pending: deque[Future[Done]]) -> list[Done]:
    """Take the first ones that are done; a failure is raised once nothing stands before it."""
    taken: list[Done] = []
    while pending and pending[0].done():
        if taken and pending[0].exception():
            break
        taken.append(pending.popleft().result())
    return taken
