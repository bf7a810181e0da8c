"""The cores that this process may use, and those that are idle."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


def usable_cores() -> int:
    """The number of cores that the process may use. A container or ``taskset`` may allow fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class IdleCores:
    """Lends idle cores to threads that can use more than one; thread-safe.

    Each caller occupies a core, and what is lent to others is occupied, too.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._occupied = 0

    @contextmanager
    def lent(self, most: int) -> Iterator[int]:
        """The number of cores that the caller may use besides its own until the block ends: at most ``most``."""
        with self._lock:
            lent = min(most, max(0, usable_cores() - self._occupied - 1))
            self._occupied += 1 + lent
        try:
            yield lent
        finally:
            with self._lock:
                self._occupied -= 1 + lent


IDLE_CORES = IdleCores()
"""The idle cores of this process."""
