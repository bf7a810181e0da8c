"""Reads the headers that trusted proxies add to requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network

from sosie.errors import UsageError

_PREFIX = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_MARKS = ("forwarded", "x-real-ip")
_MARK_PREFIX = "x-forwarded-"


class TrustedProxies:
    """The addresses and networks whose ``X-Forwarded-*`` headers are trusted; ``UsageError`` for any other text."""

    def __init__(self, networks: Sequence[str]) -> None:
        try:
            self._networks = [ip_network(network, strict=False) for network in networks]
        except ValueError as error:
            raise UsageError(
                f"--trusted-proxy: {error}; expected an address or a network, such as 10.0.0.0/8"
            ) from error

    def __contains__(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._networks)

    def client(self, peer: str, headers: Mapping[str, str]) -> str:
        """The client's address as the outermost trusted proxy saw it; ``peer`` if that is not a trusted proxy.

        ``X-Forwarded-For`` is read from its end. Entries before the last untrusted address may be forged.
        """
        nearest = peer
        hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",")]
        while nearest in self and hops and _is_address(hops[-1]):
            nearest = hops.pop()
        return nearest

    def prefix(self, peer: str, headers: Mapping[str, str]) -> str | None:
        """``X-Forwarded-Prefix`` of a trusted proxy; None if it is missing or not a plain path."""
        prefix = headers.get("x-forwarded-prefix", "").rstrip("/")
        return prefix if prefix and peer in self and _PREFIX.fullmatch(prefix) else None


def is_forwarded(headers: Mapping[str, str]) -> bool:
    """True if a proxy has forwarded the request. Then it may come from another machine."""
    return any(name in _MARKS or name.startswith(_MARK_PREFIX) for name in headers)


def check_root_path(prefix: str) -> None:
    """Raises ``UsageError`` if ``--root-path`` is not a plain path."""
    if prefix and not _PREFIX.fullmatch(prefix):
        raise UsageError(f"--root-path {prefix!r}: expected a path of letters, digits and ._~-, such as /search")


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
