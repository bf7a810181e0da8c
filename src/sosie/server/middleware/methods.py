"""Adds HEAD and OPTIONS to routes, and lists the methods of a path in refusals."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Methods:
    """Handles HEAD as GET without a body, OPTIONS with the methods of the path, and unsupported methods with 405."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request; other events and unknown paths are passed on."""
        if scope["type"] != "http" or self._is_taken(scope):
            return await self._app(scope, receive, send)
        allowed = self._allowed(scope)
        headers = {"Allow": ", ".join(allowed)}
        if allowed and scope["method"] not in allowed:
            raise HTTPException(405, headers=headers)
        if allowed and scope["method"] == "OPTIONS":
            return await Response(status_code=204, headers=headers)(scope, receive, send)
        answer = self._head if scope["method"] == "HEAD" else self._app
        return await answer(scope, receive, send)

    def _is_taken(self, scope: Scope) -> bool:
        """True if a route takes the request as it is. For most requests one of the first routes does."""
        return any(route.matches(scope)[0] == Match.FULL for route in self._routes)

    def _allowed(self, scope: Scope) -> list[str]:
        """The methods of the path; empty if there is no route."""
        methods: set[str] = set()
        for route in self._routes:
            if route.matches(scope)[0] != Match.NONE:
                methods |= route.methods or set()
        if methods:
            methods |= {"OPTIONS", "HEAD"} if "GET" in methods else {"OPTIONS"}
        return sorted(methods)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        inner = {**scope, "method": "GET"}
        try:
            await self._app(inner, receive, without_body)
        finally:
            scope["route"] = inner.get("route")
