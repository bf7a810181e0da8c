"""The reasons why a URL returned no picture: a closed list of words."""

from __future__ import annotations

from enum import StrEnum

from sosie.errors import ImageNotFetched


class Reason(StrEnum):
    """The reason of a failure. ``--reason`` also accepts the part before the first ``_``, such as ``timeout``."""

    TIMEOUT_CONNECT = "timeout_connect"
    TIMEOUT_FIRST_BYTE = "timeout_first_byte"
    TIMEOUT_READ = "timeout_read"
    TIMEOUT_TOTAL = "timeout_total"
    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    TLS = "tls"
    PROTOCOL = "protocol"
    HOST_DOWN = "host_down"
    HTTP_400 = "http_400"
    HTTP_401 = "http_401"
    HTTP_403 = "http_403"
    HTTP_404 = "http_404"
    HTTP_410 = "http_410"
    HTTP_429 = "http_429"
    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    HTTP_503 = "http_503"
    HTTP_504 = "http_504"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    HTTP_OTHER = "http_other"
    REDIRECT_TOO_MANY = "redirect_too_many"
    REDIRECT_LOOP = "redirect_loop"
    REDIRECT_BAD = "redirect_bad"
    INVALID_URL = "invalid_url"
    FORBIDDEN_ADDRESS = "forbidden_address"
    NOAI = "noai"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    WRONG_LENGTH = "wrong_length"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    HTML = "html"
    XML = "xml"
    JSON = "json"
    NOT_AN_IMAGE = "not_an_image"
    CORRUPT_IMAGE = "corrupt_image"
    PLACEHOLDER = "placeholder"
    SOURCE = "source"


_BY_WORD = {reason.value: reason for reason in Reason}

RETRIED = frozenset(
    {
        Reason.TIMEOUT_CONNECT,
        Reason.TIMEOUT_FIRST_BYTE,
        Reason.TIMEOUT_READ,
        Reason.TIMEOUT_TOTAL,
        Reason.DNS,
        Reason.REFUSED,
        Reason.UNREACHABLE,
        Reason.RESET,
        Reason.PROTOCOL,
        Reason.TRUNCATED,
        Reason.WRONG_LENGTH,
        Reason.HTTP_429,
        Reason.HTTP_500,
        Reason.HTTP_502,
        Reason.HTTP_503,
        Reason.HTTP_504,
        Reason.HTTP_5XX,
    }
)
"""Temporary failures, which are retried after longer and longer pauses."""

NO_CONNECTION = frozenset({Reason.TIMEOUT_CONNECT, Reason.DNS, Reason.REFUSED, Reason.UNREACHABLE})
"""Failures to reach the host itself. After several in a row the host is ``host_down``."""


class FetchError(ImageNotFetched):
    """A picture could not be fetched from a URL, for this reason.

    ``retry_after`` is the pause in seconds that the server requested, or None.
    """

    reason: Reason

    def __init__(self, reason: Reason, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{reason}: {detail}", reason)
        self.detail = detail
        self.retry_after = retry_after


def status_reason(status: int) -> Reason:
    """The reason for an HTTP status without a picture."""
    family = {4: Reason.HTTP_4XX, 5: Reason.HTTP_5XX}.get(status // 100, Reason.HTTP_OTHER)
    return _BY_WORD.get(f"http_{status}", family)


def in_family(reason: str, family: str) -> bool:
    """True if ``reason`` is ``family`` or belongs to it, as ``timeout_read`` belongs to ``timeout``."""
    return reason == family or reason.startswith(f"{family}_")
