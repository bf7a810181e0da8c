"""The page, its files, and the widget for shops."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from sosie.server.served import ServedBy
from sosie.server.state import BaseOf

STATIC = Path(__file__).parents[1] / "static"
_FOREVER = "public, max-age=31536000, immutable"
_EACH_TIME = "no-cache"

router = APIRouter(include_in_schema=False)


class _Assets(StaticFiles):
    """Files whose names change with their content."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for good."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = _FOREVER
        return response


@router.get("/")
async def main_page(base: BaseOf, served: ServedBy) -> HTMLResponse:
    """The page; below a prefix its files are addressed from the root, as a proxy may show it without a slash behind."""
    page = (STATIC / "index.html").read_text(encoding="utf-8").replace('"./', f'"{base}/' if base else '"./')
    if served.only is None:
        page = page.replace("<html", "<html data-catalogs", 1)
    return HTMLResponse(page, headers={"Cache-Control": _EACH_TIME})


@router.get("/widget.js")
async def widget() -> FileResponse:
    """The web component ``<sosie-search>``; any site may load it."""
    return _file("widget.js", {"Cross-Origin-Resource-Policy": "cross-origin"})


@router.get("/widget-example")
async def widget_example() -> FileResponse:
    """A page with the web component in it."""
    return _file("widget-example.html")


def mount(app: FastAPI) -> None:
    """Serve the page's files."""
    app.mount("/assets", _Assets(directory=STATIC / "assets"), name="assets")


def _file(name: str, headers: dict[str, str] | None = None) -> FileResponse:
    return FileResponse(STATIC / name, headers={"Cache-Control": _EACH_TIME, **(headers or {})})
