"""Adds request ids, and logs and counts responses."""

from __future__ import annotations

import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sosie.server.logs import access_line, current_request
from sosie.server.metrics import Metrics

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CLOSED = 499
"""Logged if the client disconnects before the response."""


class Telemetry:
    """Adds request ids, and logs and counts responses."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request; other events are passed on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        scope["request_id"] = request_id
        current_request.set({"request_id": request_id, "catalog": scope["catalog"]})
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
