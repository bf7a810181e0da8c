"""Reads which catalog a path names."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from sosie.server.naming import NAME, PREFIX

_BELOW = re.compile(rf"{PREFIX}/(?P<name>{NAME})(?P<rest>/.*)?", re.DOTALL)
_IN_THE_API = re.compile(rf"/v1{PREFIX}/(?P<name>{NAME})(?P<rest>/.+)", re.DOTALL)


class ChosenCatalog:
    """Sets the scope's ``catalog``, None for the server as a whole, and takes the name off the path.

    ``/catalogs/shop/v1/search`` and ``/v1/catalogs/shop/search`` are ``/v1/search`` of the catalog shop, under the
    ``root_path`` ``/catalogs/shop``, with which links in the answer begin. ``server_path`` is that of the server.
    ``only`` is the catalog of a server that has no other.
    """

    def __init__(self, app: ASGIApp, only: str | None) -> None:
        self._app = app
        self._only = only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no HTTP request as it is."""
        if scope["type"] == "http":
            root: str = scope["root_path"]
            scope["server_path"], scope["catalog"] = root, self._only
            path = scope["path"].removeprefix(root)
            if match := _BELOW.fullmatch(path):
                _choose(scope, match["name"], match["rest"] or "/")
            elif match := _IN_THE_API.fullmatch(path):
                _choose(scope, match["name"], f"/v1{match['rest']}")
        await self._app(scope, receive, send)


def _choose(scope: Scope, name: str, rest: str) -> None:
    scope["catalog"] = name
    scope["root_path"] = f"{scope['server_path']}{PREFIX}/{name}"
    scope["path"] = scope["root_path"] + rest
