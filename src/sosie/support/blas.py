"""Limits small matrix products to one BLAS thread each.

For products of a few hundred descriptors, BLAS with several threads takes ten times the processor time, because its
threads wait for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


class _Limit:
    """The limit. It is set while at least one block is entered, and lifted when the last block is left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._restore: Callable[[], None]

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                _run_in_new_thread(self._limit)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                _run_in_new_thread(self._restore)

    def _limit(self) -> None:
        self._restore = _libraries().limit(limits=1, user_api="blas").restore_original_limits


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limits matrix products to one thread each inside the block, in the whole process.

    Blocks can be nested and entered by many threads; the last to leave restores the previous number. A block costs 0.2
    ms, so use it for work that takes milliseconds. A limit that the program itself has set is kept.
    """
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()


@cache
def _libraries() -> ThreadpoolController:
    """The loaded BLAS libraries, cached because the look-up takes milliseconds."""
    return ThreadpoolController()


def _run_in_new_thread(work: Callable[[], None]) -> None:
    """Runs in a new thread. threadpoolctl ties a limit to its thread, and another thread may lift it."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
