"""What happens to every request and answer, whatever its route."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sosie.server.logs import access_line
from sosie.server.metrics import Metrics
from sosie.server.problems import BodyTooLarge, BodyTooSlow, Forbidden, problem_of, problem_response
from sosie.server.settings import Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_CLOSED = 499
"""Logged where the client went away before it had an answer."""

_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}


class Telemetry:
    """Gives every request an id, and every answer a log line and a place in the metrics."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no HTTP request as it is."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope["request_id"] = request_id
        status = _CLOSED
        began = time.perf_counter()

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, tagged)
        finally:
            seconds = time.perf_counter() - began
            self._metrics.observe(scope, status, seconds)
            access_line(scope, status, seconds)
        return None


class SecurityHeaders:
    """Headers that keep a browser from doing with an answer what it is not meant for."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = {**_SECURITY, "Content-Security-Policy": content_policy(settings)}
        if not settings.frame_ancestors:
            self._headers["X-Frame-Options"] = "DENY"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every HTTP answer that does not set them itself."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, guarded)


def content_policy(settings: Settings) -> str:
    """What the page may load: its own files, pictures that it holds itself, and nothing else."""
    ancestors = " ".join(settings.frame_ancestors) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
        f"font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )


class Doorkeeper:
    """Refuses requests under a foreign name (DNS rebinding), and changes that another site's page sends."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in settings.hosts)
        self._origins = frozenset(settings.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with 403."""
        if scope["type"] == "http":
            refusal = self._refusal(scope, Headers(scope=scope))
            if refusal is not None:
                response = problem_response(problem_of(refusal), Request(scope), {})
                return await response(scope, receive, send)
        return await self._app(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> Forbidden | None:
        host = headers.get("host", "")
        if self._hosts and host_name(host) not in self._hosts:
            return Forbidden("the server is not called by that name; `--allowed-host` adds one")
        origin = headers.get("origin")
        foreign = origin is not None and origin not in self._origins and urlsplit(origin).netloc != host
        if foreign and scope["method"] not in _SAFE_METHODS:
            return Forbidden("pages of other sites may not send this; `--allow-origin` adds one")
        return None


def host_name(host: str) -> str:
    """The name in a Host header, without its port, in lower case."""
    return re.sub(r":\d*$", "", host).lower()


class BodyLimit:
    """Stops reading a body that is too large or too slow."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what the route reads; what is declared too large is refused when the route begins to read."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = self._settings.max_body
        declared = Headers(scope=scope).get("content-length", "0")
        read = 0
        ends = time.monotonic() + self._settings.body_seconds
        complete = False

        async def counted() -> Message:
            nonlocal read, complete
            if complete:
                return await receive()
            if declared.isdigit() and int(declared) > most:
                raise _too_large(most)
            message = await _received(receive, ends, self._settings.body_seconds)
            read += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if read > most:
                raise _too_large(most)
            return message

        return await self._app(scope, counted, send)


async def _received(receive: Receive, ends: float, seconds: float) -> Message:
    try:
        async with asyncio.timeout(max(0.0, ends - time.monotonic())):
            return await receive()
    except TimeoutError as error:
        raise BodyTooSlow(f"the body did not arrive within {seconds:g} s", {"Connection": "close"}) from error


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body has more than {most:,} bytes: send a smaller picture", {"Connection": "close"})


class IdsInPaths:
    """Keeps ``%2F`` in the path as it was sent, so that an item's id may hold a slash; routes decode it themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route by the path as it came over the wire."""
        raw = scope.get("raw_path", b"")
        if scope["type"] == "http" and raw.startswith(b"/v1/"):
            scope = {**scope, "path": raw.partition(b"?")[0].decode("latin-1")}
        await self._app(scope, receive, send)
