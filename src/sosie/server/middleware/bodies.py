"""Limits the size and the time of request bodies, and drains unread ones."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sosie.server.problems import BodyTooLarge, BodyTooSlow
from sosie.server.settings import Settings

DRAINED_BODIES = 4
DRAINED_BYTES = 64 * 1024 * 1024
"""Most bytes of a refused body that are read and dropped; or this many times the largest body, if that is more."""


class BodyLimit:
    """Refuses bodies that are too large or too slow.

    A client that still sends when the server closes the connection does not get the response. So refused bodies are
    drained: read to their end and dropped.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request. A body that is declared as too large is refused when the route reads it."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = _Body(scope, receive, self._settings)

        async def ending(message: Message) -> None:
            if message["type"] == "http.response.start" and body.is_longer_than_drained:
                MutableHeaders(scope=message)["Connection"] = "close"
            last = message["type"] == "http.response.body" and not message.get("more_body", False)
            if last and not body.is_complete:
                await send({**message, "more_body": True})
                await body.drain()
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        return await self._app(scope, body.receive, ending)


class _Body:
    """The body of a request, counted as it arrives."""

    def __init__(self, scope: Scope, receive: Receive, settings: Settings) -> None:
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        self._declared = int(declared) if declared.isdigit() else 0
        self._is_chunked = "transfer-encoding" in headers
        self._is_awaited = headers.get("expect", "").lower() == "100-continue"
        self._receive = receive
        self._most = settings.max_body
        self._most_drained = max(DRAINED_BYTES, DRAINED_BODIES * settings.max_body)
        self._seconds = settings.body_seconds
        self._ends = time.monotonic() + settings.body_seconds
        self._read = 0
        self._has_ended = False

    @property
    def is_complete(self) -> bool:
        """True if the whole body has arrived."""
        return self._has_ended or (not self._declared and not self._is_chunked)

    @property
    def is_longer_than_drained(self) -> bool:
        """True if draining the rest of the body would exceed its limit. Then the connection is closed."""
        rest_unknown = self._is_chunked or self._is_awaited or self._declared > self._most_drained
        return rest_unknown and not self.is_complete

    async def receive(self) -> Message:
        """The next part for the route; ``BodyTooLarge`` or ``BodyTooSlow`` if a limit is exceeded."""
        if self._declared > self._most and not self.is_complete:
            raise self._too_large()
        self._is_awaited = False
        if self._has_ended:
            return await self._receive()
        message = await self._next()
        if self._read > self._most:
            raise self._too_large()
        return message

    async def drain(self) -> None:
        """Reads the rest and drops it. A client that waits for `100 Continue` does not send it."""
        try:
            while not self.is_complete and not self._is_awaited and self._read <= self._most_drained:
                if (await self._next())["type"] == "http.disconnect":
                    return
        except BodyTooSlow:
            return

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(max(0.0, self._ends - time.monotonic())):
                message = await self._receive()
        except TimeoutError as error:
            detail = f"the body did not arrive within {self._seconds:g} s"
            raise BodyTooSlow(detail, {"Connection": "close"}) from error
        self._read += len(message.get("body", b""))
        self._has_ended = not message.get("more_body", False)
        return message

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"the body has more than {self._most:,} bytes: send a smaller picture")
