"""Connects to a Ray cluster and translates Ray's errors."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from sosie.errors import ClusterError, SosieError

LOCAL = "local"
CONNECT_SECONDS = 10.0
_LOCAL_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(16),
}
"""Environment of a cluster on this machine alone.

No usage statistics are sent, and no token is stored in the home folder. Only loopback is used, on every system,
whatever the variable's name says.
"""


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connects to the cluster at an address. ``local`` starts a cluster on this machine and stops it at the end.

    ``ClusterError`` if there is no cluster, or if it fails. Errors of the work itself are raised unchanged.
    """
    if address == LOCAL:
        os.environ.update({name: value for name, value in _LOCAL_ENVIRONMENT.items() if name not in os.environ})
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ClusterError(f"--ray needs Ray ({error}): pip install 'sosie[ray]'") from error
    try:
        _check_reachable(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise ClusterError(
            f"no Ray cluster could be used at {address!r} ({_first_line(error)}): expected host:6379, "
            "ray://host:10001, auto on a machine of the cluster, or local"
        ) from error
    try:
        with _translated():
            yield
    finally:
        ray.shutdown()


def cores() -> int:
    """The number of cores of the connected cluster, at least 1."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))  # type: ignore[no-untyped-call]


def _check_reachable(address: str) -> None:
    """Raises ``OSError`` at once for an unreachable host; Ray itself would retry for many minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()


@contextmanager
def _translated() -> Iterator[None]:
    import ray.exceptions

    try:
        yield
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, SosieError):
            raise error.cause from None
        raise ClusterError(
            f"a worker failed ({error.cause!r}): is the same Sosie installed on every machine of the cluster?"
        ) from error
    except ray.exceptions.RayError as error:
        raise ClusterError(
            f"the cluster lost a worker too often ({_first_line(error)}): what was written stays; look at its memory, "
            "then run this again"
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
