"""Checks and encodes URLs from catalogs, and hides their secrets."""

from __future__ import annotations

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from sosie.images.fetch.reasons import FetchError, Reason

_MOST_CHARACTERS = 8_000
_KEEP = "%/:=&?~+!$,;'@()*[]|"
_SECRET_PARAMETER = re.compile(
    r"(?i)([?&;](?:[\w.-]*(?:signature|credential|security-token|token|secret|passw(?:or)?d|api[_-]?key)|sig|auth)=)[^&;#]*"
)
_PLAIN_URL = re.compile(
    r"https?://[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]*[a-z0-9])+/[A-Za-z0-9._~/%&=?+!$,;()*:-]*"
)
_USER_INFO = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^/?#\s]*@")
HIDDEN = "***"


def ready(url: str) -> str:
    """Encodes ``url`` for sending: encodes spaces and Unicode, keeps encoded parts, and removes the fragment.

    ``FetchError`` with ``invalid_url`` if it is not an http or https URL with a host.
    """
    if _PLAIN_URL.fullmatch(url) and len(url) <= _MOST_CHARACTERS:
        return url
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _invalid(url, "it cannot be read") from error
    if parts.scheme not in ("http", "https"):
        raise _invalid(url, "it does not begin with http:// or https://")
    if not host or len(url) > _MOST_CHARACTERS:
        raise _invalid(url, f"it has no host, or is longer than {_MOST_CHARACTERS:,} characters")
    place = _ascii_host(url, host) + (f":{port}" if port else "")
    user, at, _ = parts.netloc.rpartition("@")
    path = quote(parts.path or "/", safe=_KEEP)
    return urlunsplit((parts.scheme, quote(user, safe="%:") + at + place, path, quote(parts.query, safe=_KEEP), ""))


def host_of(url: str) -> str:
    """The host of a URL from ``ready``, in lower case, without port and brackets."""
    place = url.split("/", 3)[2]
    return place.partition(":")[0] if "@" not in place and "[" not in place else urlsplit(url).hostname or ""


def follow(base: str, location: str) -> str:
    """The target of a redirect from ``base``; ``FetchError`` with ``redirect_bad`` if it is not a valid URL."""
    try:
        return ready(urljoin(base, location))
    except (FetchError, ValueError) as error:
        raise FetchError(
            Reason.REDIRECT_BAD, f"redirected to {redact(location)!r}, which is not an http URL"
        ) from error


def redact(text: str) -> str:
    """Hides the secrets of URLs in a text: user and password, and parameters that usually carry keys."""
    shown = _USER_INFO.sub(rf"\1{HIDDEN}@", text) if "@" in text else text
    return _SECRET_PARAMETER.sub(rf"\1{HIDDEN}", shown) if "=" in shown else shown


def without_user(url: str) -> str:
    """``url`` with its user name and password hidden."""
    return _USER_INFO.sub(rf"\1{HIDDEN}@", url, count=1) if "@" in url else url


def _ascii_host(url: str, host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise _invalid(url, "its host name is not valid") from error
    if not re.fullmatch(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?", ascii_host) or ".." in ascii_host:
        raise _invalid(url, "its host name is not valid")
    return ascii_host


def _invalid(url: str, why: str) -> FetchError:
    return FetchError(Reason.INVALID_URL, f"{redact(url)[:200]!r} is not usable: {why}")
