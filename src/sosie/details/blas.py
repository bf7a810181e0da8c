"""Small products of matrices, each on one thread.

With threads of their own, NumPy's products of a few hundred descriptors spend ten times the work waiting for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

_lock = threading.Lock()
_within = 0
_limit = ExitStack()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """One thread for each product inside the block; the number is the process's, and is given back by the last to leave.

    Costs 10 µs; blocks may be nested, and be entered by many threads at once.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _within
    with _lock:
        if _within == 0:
            _limit.enter_context(_libraries().limit(limits=1, user_api="blas"))
        _within += 1


def _leave() -> None:
    global _within
    with _lock:
        _within -= 1
        if _within == 0:
            _limit.close()


@cache
def _libraries() -> ThreadpoolController:
    """Looking for them takes milliseconds, and NumPy's is there from the start."""
    return ThreadpoolController()
