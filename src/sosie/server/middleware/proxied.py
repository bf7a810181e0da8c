"""Applies the headers of proxies: the sender's address, and the prefix under which a proxy serves."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from sosie.server.forwarding import TrustedProxies
from sosie.server.naming import NAME, PREFIX
from sosie.server.settings import Settings

_API = re.compile(rf"({PREFIX}/{NAME})?/v1/")


class Proxied:
    """Sets the scope's ``client`` and ``root_path``. A proxy may remove the prefix from the path, or keep it.

    Below ``/v1/`` the path remains percent-encoded, because an item's id may contain a slash. Routes decode it.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._root_path = settings.root_path
        self._proxies = TrustedProxies(settings.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request; other events are passed on."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            peer, port = scope.get("client") or ("", 0)
            client = self._proxies.client(peer, headers)
            scope["client"] = (client, port if client == peer else 0) if client else None
            prefix = self._proxies.prefix(peer, headers) or self._root_path
            scope["root_path"] = prefix
            scope["path"] = prefix + _routed(scope, prefix)
        await self._app(scope, receive, send)


def _routed(scope: Scope, prefix: str) -> str:
    """The path without the prefix, for routing."""
    decoded: str = _without(scope["path"], prefix)
    encoded = _without(scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1"), prefix)
    return encoded if _API.match(encoded) else decoded


def _without(path: str, prefix: str) -> str:
    inside = prefix and (path == prefix or path.startswith(prefix + "/"))
    return path.removeprefix(prefix) or "/" if inside else path
