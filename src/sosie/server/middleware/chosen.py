"""Determines the catalog of a request from its path."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from sosie.server.naming import NAME, PREFIX

_BELOW = re.compile(rf"{PREFIX}/(?P<name>{NAME})(?P<rest>/.*)?", re.DOTALL)
_IN_THE_API = re.compile(rf"/v1{PREFIX}/(?P<name>{NAME})(?P<rest>/.+)", re.DOTALL)


class ChosenCatalog:
    """Sets the scope's ``catalog`` (None for the whole server), and removes the catalog's name from the path.

    ``/catalogs/shop/v1/search`` and ``/v1/catalogs/shop/search`` become ``/v1/search`` of the catalog shop. The
    ``root_path`` is then ``/catalogs/shop``; links in the response begin with it. ``server_path`` is the server's own
    root path. ``only`` is the catalog of a server with a single catalog.
    """

    def __init__(self, app: ASGIApp, only: str | None) -> None:
        self._app = app
        self._only = only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request; other events are passed on."""
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
