"""Refuses requests for an unknown host name (DNS rebinding), and changes from pages of other sites."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from sosie.server.origins import ANY
from sosie.server.problems import Forbidden, problem_of, problem_response
from sosie.server.settings import Settings

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Doorkeeper:
    """Passes a request on, or responds with 403."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in settings.hosts)
        self._own_names = frozenset(host.lower() for host in settings.allowed_hosts)
        self._origins = frozenset(settings.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request; other events are passed on."""
        if scope["type"] == "http":
            refusal = self._refusal(scope["method"], Headers(scope=scope))
            if refusal is not None:
                response = problem_response(problem_of(refusal), Request(scope), {})
                return await response(scope, receive, send)
        return await self._app(scope, receive, send)

    def _refusal(self, method: str, headers: Mapping[str, str]) -> Forbidden | None:
        if self._hosts and host_name(headers.get("host", "")) not in self._hosts:
            return Forbidden("this host name is not allowed; `--allowed-host` adds one")
        if method not in _SAFE_METHODS and self._is_foreign(headers):
            return Forbidden("pages of other sites may not send this; `--allow-origin` adds one")
        return None

    def _is_foreign(self, headers: Mapping[str, str]) -> bool:
        """True if a page of another site sent the request, and ``--allow-origin`` does not allow this site.

        A proxy may replace the Host that the browser used. Then two things can show that the page is the server's own:
        the browser's ``Sec-Fetch-Site``, which a page cannot set, or a name given with ``--allowed-host``.
        """
        origin = headers.get("origin")
        if origin is None or origin in self._origins or ANY in self._origins:
            return False
        if headers.get("sec-fetch-site") == "same-origin":
            return False
        netloc = urlsplit(origin).netloc
        return netloc != headers.get("host", "") and host_name(netloc) not in self._own_names


def host_name(host: str) -> str:
    """The name in a Host header, in lower case, without its port."""
    return re.sub(r":\d*$", "", host).lower()
