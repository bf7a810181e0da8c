"""Translates exceptions of the HTTP library and the system to reasons."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from typing import Final

import aiohttp
from aiohttp.http_exceptions import ContentLengthError

from sosie.images.fetch.reasons import FetchError, Reason
from sosie.images.fetch.urls import redact


class ForbiddenAddress(OSError):
    """A connection to a forbidden address was refused."""


_ERRNO: Final = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.ECONNRESET: Reason.RESET,
    errno.EPIPE: Reason.RESET,
    errno.ECONNABORTED: Reason.RESET,
    errno.ETIMEDOUT: Reason.TIMEOUT_CONNECT,
}


def failure(error: Exception) -> FetchError:
    """The error for an exception of a request."""
    for cause in _causes(error):
        if isinstance(cause, ForbiddenAddress):
            return FetchError(Reason.FORBIDDEN_ADDRESS, str(cause))
    return FetchError(_reason(error), redact(str(error) or type(error).__name__)[:300])


def _reason(error: Exception) -> Reason:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Reason.TIMEOUT_CONNECT
        case aiohttp.SocketTimeoutError():
            return Reason.TIMEOUT_READ
        case aiohttp.ClientConnectorDNSError() | socket.gaierror():
            return Reason.DNS
        case aiohttp.ClientSSLError() | aiohttp.ServerFingerprintMismatch():
            return Reason.TLS
        case aiohttp.ClientConnectorError():
            return _ERRNO.get(error.os_error.errno or 0, Reason.UNREACHABLE)
        case aiohttp.ClientPayloadError():
            return _broken_body(error)
        case aiohttp.ServerDisconnectedError() | ConnectionError() | aiohttp.ClientOSError():
            return Reason.RESET
        case aiohttp.InvalidURL():
            return Reason.INVALID_URL
        case _:
            return Reason.PROTOCOL


def _broken_body(error: aiohttp.ClientPayloadError) -> Reason:
    """The reason for an incomplete body. The library mentions a lost connection only in the text of its error."""
    if "ConnectionResetError" in str(error):
        return Reason.RESET
    cut_short = any(isinstance(cause, ContentLengthError) for cause in _causes(error))
    return Reason.WRONG_LENGTH if cut_short else Reason.TRUNCATED


def _causes(error: BaseException) -> Iterator[BaseException]:
    following: BaseException | None = error
    while following is not None:
        yield following
        inner = getattr(following, "os_error", None)
        following = inner if isinstance(inner, OSError) else following.__cause__ or following.__context__
