"""How much of the machine this process may use."""

import os


def usable_cores() -> int:
    """Cores that the process may run on: fewer than the machine has where a container or ``taskset`` says so."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
