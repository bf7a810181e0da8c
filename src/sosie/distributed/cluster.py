"""The connection to Ray, and what Ray says in the words of Sosie."""

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
_ALONE = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(16),
}
"""For a cluster of this machine alone: nothing is told to Ray's makers, nothing listens beyond loopback (the name
speaks of two systems, and does the same on all), and no token is kept in the home folder."""


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Be a driver of the cluster at an address: ``local`` starts one on this machine's cores, and ends it.

    ``ClusterError`` where there is none, or where it fails; what the work itself raises passes as it was raised.
    """
    if address == LOCAL:
        os.environ.update({name: value for name, value in _ALONE.items() if name not in os.environ})
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ClusterError(f"--ray needs Ray ({error}): pip install 'sosie[ray]'") from error
    try:
        _check_that_somebody_listens(address)
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
    """How many cores the connected cluster has, at least one."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))  # type: ignore[no-untyped-call]


def _check_that_somebody_listens(address: str) -> None:
    """``OSError`` at once where Ray would try for many minutes."""
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
