"""Turns unexpected exceptions into problem documents. It runs inside the middleware that adds headers."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sosie.server.problems import headers_of, problem_of, problem_response


class Failures:
    """Responds to an exception with 500. If the response has begun, the connection is closed."""

    def __init__(self, app: ASGIApp, secrets: tuple[str, ...]) -> None:
        self._app = app
        self._secrets = secrets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request; other events are passed on."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        has_begun = False

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if has_begun:
                raise
            response = problem_response(problem_of(error, self._secrets), Request(scope), headers_of(error))
            await response(scope, receive, send)
        return None
