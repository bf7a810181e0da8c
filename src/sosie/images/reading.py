"""Reads files, without blocking on pipes and without reading files that are too large."""

import os
import stat

from sosie.errors import ImageNotFound
from sosie.images.limits import DEFAULT_LIMITS, Limits, check_bytes

_WITHOUT_WAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Without these flags, opening a named pipe without a writer would block forever."""


def read_file(path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The bytes of a picture file.

    ``ImageNotFound`` if it is missing, may not be read, or is a folder, pipe or device; ``ImageTooLarge`` if it has
    more than ``limits.max_bytes``.
    """
    try:
        descriptor = os.open(path, _WITHOUT_WAITING)
        try:
            return _read_regular(path, descriptor, limits)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise ImageNotFound(_reason(path, error)) from error


def _read_regular(path: str | os.PathLike[str], descriptor: int, limits: Limits) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise ImageNotFound(f"{os.fspath(path)!r} is not a regular file but {_kind(status)}: name a picture file")
    check_bytes(status.st_size, limits)
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        data = file.read(status.st_size + 1)
        if len(data) > status.st_size:
            data += file.read(limits.max_bytes)
    check_bytes(len(data), limits)
    return data


def _kind(status: os.stat_result) -> str:
    if stat.S_ISDIR(status.st_mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(status.st_mode) else "a device or socket"


def _reason(path: str | os.PathLike[str], error: OSError | ValueError) -> str:
    name = os.fspath(path)
    if isinstance(error, FileNotFoundError):
        return f"no file at {name!r}: check the path"
    cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{name!r} cannot be read: {cause}"
