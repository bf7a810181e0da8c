"""The page, its files, and the widget for shops."""

from __future__ import annotations

import html
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from sosie.errors import SosieError
from sosie.server.forwarding import is_forwarded
from sosie.server.presenting import thumbnail_address
from sosie.server.problems import ServerRefusal
from sosie.server.served import ServedBy, ServedCatalogs
from sosie.server.state import BaseOf, state_of

STATIC = Path(__file__).parents[1] / "static"
ON_A_PAGE = 30
"""Number of items that the page requests at a time; equal to the number in ``web/src/state.ts``."""
PICTURES = 2
"""Number of pictures that are loaded with the scripts."""
_FOREVER = "public, max-age=31536000, immutable"
_EACH_TIME = "no-cache"

router = APIRouter(include_in_schema=False)


class _Assets(StaticFiles):
    """Files whose names change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; caches may keep it for ever."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _FOREVER
        return response


@router.get("/")
async def main_page(request: Request, base: BaseOf, served: ServedBy) -> HTMLResponse:
    """The page. Below a prefix its links begin at the root, because a proxy may serve it without a trailing slash."""
    page = (STATIC / "index.html").read_text(encoding="utf-8").replace('"./', f'"{base}/' if base else '"./')
    page = page.replace("</head>", f"{await _preloads(request, base, served)}</head>", 1)
    if served.only is None:
        page = page.replace("<html", "<html data-catalogs", 1)
    return HTMLResponse(page, headers={"Cache-Control": _EACH_TIME})


async def _preloads(request: Request, base: str, served: ServedCatalogs) -> str:
    """Links that preload the page's first requests while the scripts are still loading.

    There are none if the page begins with a search, or if a request without a key would be refused.
    """
    if request.url.query:
        return ""
    try:
        served.access.key_of(None, is_forwarded(request.headers))
        state = await state_of(request)
        records = await state.work.light(lambda: state.catalog.items(limit=PICTURES))
    except (ServerRefusal, SosieError):
        return ""
    pictures = [thumbnail_address(record.item_id, record.content_sha256, base) for record in records]
    return "".join(
        [
            f'<link rel="preload" as="fetch" crossorigin href="{base}/v1/items?limit={ON_A_PAGE}">',
            *(f'<link rel="preload" as="image" href="{html.escape(picture)}">' for picture in pictures),
        ]
    )


@router.get("/widget.js")
async def widget() -> FileResponse:
    """The web component ``<sosie-search>``. Any site may load it."""
    return _file("widget.js", {"Cross-Origin-Resource-Policy": "cross-origin"})


@router.get("/widget-example")
async def widget_example() -> FileResponse:
    """A page with the web component in it."""
    return _file("widget-example.html")


def mount(app: FastAPI) -> None:
    """Serves the page's files."""
    app.mount("/assets", _Assets(directory=STATIC / "assets"), name="assets")


def _file(name: str, headers: dict[str, str] | None = None) -> FileResponse:
    return FileResponse(STATIC / name, headers={"Cache-Control": _EACH_TIME, **(headers or {})})
