"""Items by an id in the query string, which every proxy passes on unchanged."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from sosie.server.access import reader, writer
from sosie.server.routes import PICTURE_PROBLEMS, ItemIdInQuery, Version, either_body, items, problems, search
from sosie.server.schemas import ItemIn, ItemOut, ItemSimilarOptions, ItemWithPicture, SearchOut, Written
from sosie.server.state import BaseOf, StateOf

router = APIRouter(tags=["items"])


@router.get(
    "/v1/item", response_model=ItemOut, operation_id="get_item_by_query", responses=problems(404),
    dependencies=[reader],
)  # fmt: skip
async def get_item_by_query(item_id: ItemIdInQuery, state: StateOf, base: BaseOf) -> JSONResponse:
    """One item."""
    return await items.get_item(item_id, state, base)


@router.put(
    "/v1/item", response_model=Written, operation_id="put_item_by_query", responses=problems(*PICTURE_PROBLEMS),
    openapi_extra=either_body(ItemIn, ItemWithPicture), dependencies=[writer],
)  # fmt: skip
async def put_item_by_query(item_id: ItemIdInQuery, request: Request, state: StateOf) -> JSONResponse:
    """Add an item, or replace it. Durable when the response is sent."""
    return await items.put_item(item_id, request, state)


@router.delete(
    "/v1/item", status_code=204, operation_id="delete_item_by_query", responses=problems(404), dependencies=[writer]
)
async def delete_item_by_query(item_id: ItemIdInQuery, state: StateOf) -> Response:
    """Remove an item."""
    return await items.delete_item_route(item_id, state)


@router.get(
    "/v1/item/similar", response_model=SearchOut, operation_id="similar_by_query", responses=problems(404),
    dependencies=[reader],
)  # fmt: skip
async def similar_by_query(
    options: Annotated[ItemSimilarOptions, Query()], state: StateOf, base: BaseOf
) -> JSONResponse:
    """The other products most similar to an item of the catalog."""
    return await search.similar(options.item_id, options, state, base)


@router.get(
    "/v1/thumbnail", operation_id="thumbnail_by_query", dependencies=[reader], response_class=Response,
    responses={**problems(404), 200: {"content": {"image/jpeg": {}}}, 304: {"description": "It has not changed."}},
)  # fmt: skip
async def thumbnail_by_query(item_id: ItemIdInQuery, request: Request, state: StateOf, v: Version = "") -> Response:
    """A JPEG of at most 256 × 256 pixels."""
    return await items.thumbnail_route(item_id, request, state, v)
