"""Small products of matrices, each on one thread.

With threads of its own BLAS spends ten times the work on the products of a few hundred descriptors: the threads wait
for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]


class _Limit:
    """One thread for each product as long as anybody is inside; then as many as before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._give_back: Callable[[], None]

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                _in_a_thread_of_its_own(self._limit)

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                _in_a_thread_of_its_own(self._give_back)

    def _limit(self) -> None:
        self._give_back = _libraries().limit(limits=1, user_api="blas").restore_original_limits


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One thread for each product of matrices inside, in the whole process.

    Blocks may lie inside each other, and many threads may be in one: the last to leave gives the number back. Costs
    0.2 ms, so it is for the work of milliseconds. Where the program itself has set a limit, that one stands.
    """
    _limit.enter()
    try:
        yield
    finally:
        _limit.leave()


@cache
def _libraries() -> ThreadpoolController:
    """Looking for them takes milliseconds; those of NumPy and OpenCV are there from the start."""
    return ThreadpoolController()


def _in_a_thread_of_its_own(work: Callable[[], None]) -> None:
    """threadpoolctl obeys the thread that came first for as long as it lives, and the last to leave may be another."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
