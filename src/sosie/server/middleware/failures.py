"""Turns what no route foresaw into a problem document, inside the middleware that adds headers to every answer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sosie.server.problems import headers_of, problem_of, problem_response


class Failures:
    """Answers an exception with 500; one after the answer has begun ends the connection."""

    def __init__(self, app: ASGIApp, secrets: tuple[str, ...]) -> None:
        self._app = app
        self._secrets = secrets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no HTTP request as it is."""
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
