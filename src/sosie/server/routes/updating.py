"""Changes attributes of items without their pictures."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from sosie.errors import ItemNotFound
from sosie.indexing.updating import Changes
from sosie.server.access import writer
from sosie.server.bodies import read_json
from sosie.server.routes import ItemId, ItemIdInQuery, json_or, problems
from sosie.server.routes.items import get_item
from sosie.server.schemas import AttributeIn, ItemChange, ItemOut, ItemsChange, Updated
from sosie.server.state import BaseOf, ServerState, StateOf

router = APIRouter(tags=["items"], dependencies=[writer])
_PROBLEMS = (408, 413, 415)


@router.patch(
    "/v1/items/{item_id:path}", response_model=ItemOut, operation_id="update_item",
    responses=problems(404, *_PROBLEMS), openapi_extra=json_or({}, ItemChange),
)  # fmt: skip
async def update_item(item_id: ItemId, request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """Set attributes of an item; null removes one. Other attributes and the picture stay (RFC 7396)."""
    change = await read_json(request, ItemChange)
    if not await _update(state, {item_id: change.attributes}):
        raise ItemNotFound(f"the catalog has no item {item_id!r}")
    return await get_item(item_id, state, base)


@router.patch(
    "/v1/item", response_model=ItemOut, operation_id="update_item_by_query", responses=problems(404, *_PROBLEMS),
    openapi_extra=json_or({}, ItemChange),
)  # fmt: skip
async def update_item_by_query(item_id: ItemIdInQuery, request: Request, state: StateOf, base: BaseOf) -> JSONResponse:
    """Set attributes of an item; null removes one. Other attributes and the picture stay (RFC 7396)."""
    return await update_item(item_id, request, state, base)


@router.post(
    "/v1/items:update", response_model=Updated, operation_id="update_items", responses=problems(*_PROBLEMS),
    openapi_extra=json_or({}, ItemsChange),
)  # fmt: skip
async def update_items(request: Request, state: StateOf) -> JSONResponse:
    """Set attributes of many items by their ids, all or none. Returns the number of existing items."""
    change = await read_json(request, ItemsChange)
    return JSONResponse({"updated": await _update(state, change.items)})


async def _update(state: ServerState, given: dict[str, dict[str, AttributeIn | None]]) -> int:
    changes: Changes = {
        item_id: {name: tuple(value) if isinstance(value, list) else value for name, value in attributes.items()}
        for item_id, attributes in given.items()
    }
    return await state.work.light(lambda: state.catalog.update(changes))
