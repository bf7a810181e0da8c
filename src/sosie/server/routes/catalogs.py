"""The catalogs of the server."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from sosie.server.access import listing_key
from sosie.server.keys import Key
from sosie.server.naming import PREFIX
from sosie.server.routes import problems
from sosie.server.schemas import CatalogOut, CatalogsOut, read_status
from sosie.server.served import ServedBy

router = APIRouter(tags=["catalog"])


@router.get("/v1/catalogs", response_model=CatalogsOut, operation_id="list_catalogs", responses=problems())
async def list_catalogs(
    request: Request, served: ServedBy, key: Annotated[Key | None, Depends(listing_key)]
) -> JSONResponse:
    """The catalogs that the key opens, with the address of each, and whether each can be read."""
    base = request.scope["server_path"]
    listed = [
        CatalogOut(name=name, status=read_status(items), items=items, address=f"{base}{PREFIX}/{name}")
        for name, items in (await served.counts()).items()
        if key is None or key.opens(name)
    ]
    return JSONResponse(CatalogsOut(catalogs=listed).model_dump())
