"""The description of the API in OpenAPI."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sosie.server.naming import PREFIX

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def openapi(request: Request) -> JSONResponse:
    """The OpenAPI 3.1 document. Its servers are the catalog in the URL, or any of several catalogs."""
    document = request.app.openapi()
    servers = _servers(request)
    return JSONResponse({**document, "servers": servers} if servers else document)


def _servers(request: Request) -> list[dict[str, Any]]:
    if request.scope["catalog"] is not None:
        base = request.scope["root_path"]
        return [{"url": base}] if base else []
    catalog = {"default": "NAME", "description": "The name of a catalog; /v1/catalogs lists them."}
    return [{"url": f"{request.scope['server_path']}{PREFIX}/{{catalog}}", "variables": {"catalog": catalog}}]
