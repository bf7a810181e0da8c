"""Reads, lists, writes and deletes items."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from sosie.catalog.places import cursor_of, place_in
from sosie.errors import ImageError, ItemNotFound, UsageError
from sosie.filters.order import order_from, place_of
from sosie.images.transform import THUMBNAIL_SIDE
from sosie.indexing.embedding import Fetched
from sosie.server import presenting
from sosie.server.access import reader, writer
from sosie.server.bodies import Picture, picture_of, read_json, read_query
from sosie.server.caching import FOR_A_MINUTE, FOREVER, is_unchanged
from sosie.server.originals import draw_original
from sosie.server.problems import BadRequest
from sosie.server.routes import PICTURE_PROBLEMS, ItemId, Version, either_body, json_or, problems
from sosie.server.schemas import BatchIn, BatchItem, ItemIn, ItemOut, ItemPage, ItemsOptions, ItemWithPicture, Written
from sosie.server.state import BaseOf, ServerState, StateOf
from sosie.types import AttributeValue, IndexReport, Item, Record, Rejection

router = APIRouter(tags=["items"])


@router.get(
    "/v1/items", response_model=ItemPage, operation_id="list_items", responses=problems(), dependencies=[reader]
)
async def list_items(options: Annotated[ItemsOptions, Query()], state: StateOf, base: BaseOf) -> JSONResponse:
    """The items that pass ``where``, ordered by id or by an attribute, page by page."""
    if options.cursor and options.after:
        raise BadRequest("cursor and after were given: expected one of them")
    sort = options.sort
    after = place_in(options.cursor, sort) if options.cursor else options.after
    records = await state.work.light(lambda: state.catalog.items(options.where, after, options.limit + 1, sort=sort))
    page = records[: options.limit]
    more = await state.work.light(lambda: _cursor(state, page[-1], sort)) if len(records) > len(page) else None
    total = await state.work.light(lambda: state.catalog.count(options.where))
    return JSONResponse({"items": [presenting.item(record, base) for record in page], "total": total, "next": more})


@router.get(
    "/v1/items/{item_id:path}", response_model=ItemOut, operation_id="get_item", responses=problems(404),
    dependencies=[reader],
)  # fmt: skip
async def get_item(item_id: ItemId, state: StateOf, base: BaseOf) -> JSONResponse:
    """One item."""
    return JSONResponse(presenting.item(await state.work.light(lambda: state.catalog.get(item_id)), base))


@router.put(
    "/v1/items/{item_id:path}", response_model=Written, operation_id="put_item", responses=problems(*PICTURE_PROBLEMS),
    openapi_extra=either_body(ItemIn, ItemWithPicture), dependencies=[writer],
)  # fmt: skip
async def put_item(item_id: ItemId, request: Request, state: StateOf) -> JSONResponse:
    """Add an item, or replace it. Durable when the response is sent."""
    async with state.work.place():
        [picture], described = await read_query(request, ItemIn, ItemWithPicture)
        data = await state.bytes_of(picture)
        incoming = Fetched(_item(item_id, described, picture), data)
        report = await state.work.heavy(lambda: state.catalog.upsert([incoming]))
    if report.rejected:
        await state.work.heavy(lambda: state.catalog.examine(data))
        raise UsageError(report.rejected[0].reason)
    return JSONResponse(_written(report, ()))


@router.post(
    "/v1/items:batch", response_model=Written, operation_id="put_items",
    responses=problems(408, 413, 415), openapi_extra=json_or({}, BatchIn), dependencies=[writer],
)  # fmt: skip
async def put_items(request: Request, state: StateOf) -> JSONResponse:
    """Add or replace up to 100 items. Rejected items are listed; all others are written."""
    async with state.work.place():
        batch = await read_json(request, BatchIn)
        outcomes = await asyncio.gather(*(_load_item(state, outcome) for outcome in batch.items))
        usable = [outcome for outcome in outcomes if isinstance(outcome, Fetched)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, Rejection)]
        report = await state.work.heavy(lambda: state.catalog.upsert(usable)) if usable else IndexReport()
    return JSONResponse(_written(report, refused))


@router.delete(
    "/v1/items/{item_id:path}",
    status_code=204,
    name="delete_item",
    operation_id="delete_item",
    responses=problems(404),
    dependencies=[writer],
)
async def delete_item_route(item_id: ItemId, state: StateOf) -> Response:
    """Remove an item."""
    if not await state.work.light(lambda: state.catalog.delete([item_id])):
        raise ItemNotFound(f"the catalog has no item {item_id!r}")
    return Response(status_code=204)


@router.get(
    "/v1/thumbnails/{item_id:path}", name="thumbnail", operation_id="thumbnail", dependencies=[reader],
    response_class=Response,
    responses={**problems(404), 200: {"content": {"image/jpeg": {}}}, 304: {"description": "It has not changed."}},
)  # fmt: skip
async def thumbnail_route(item_id: ItemId, request: Request, state: StateOf, v: Version = "") -> Response:
    """A JPEG of at most 256 × 256 pixels. If the catalog stores no thumbnails, it is made from the item's picture."""
    record = await state.work.light(lambda: state.catalog.get(item_id))
    kept = FOREVER if v and v == presenting.picture_version(record.content_sha256) else FOR_A_MINUTE
    headers = {"ETag": f'"{record.content_sha256}"', "Cache-Control": f"private, {kept}"}
    if is_unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    try:
        jpeg = await state.work.light(lambda: state.catalog.thumbnail(item_id))
    except ItemNotFound:
        async with state.work.place():
            jpeg = await draw_original(state, record, THUMBNAIL_SIDE)
    return Response(jpeg, media_type="image/jpeg", headers=headers)


async def _load_item(state: ServerState, given: BatchItem) -> Fetched | Rejection:
    try:
        picture = picture_of(given.image)
        data = await state.bytes_of(picture)
    except (ImageError, UsageError, BadRequest) as error:
        return Rejection(given.item_id, "read", str(error))
    return Fetched(_item(given.item_id, given, picture), data)


def _item(item_id: str, described: ItemIn, picture: Picture) -> Item:
    attributes: dict[str, AttributeValue] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in described.attributes.items()
    }
    image = picture.source if isinstance(picture.source, str) else described.name or picture.name
    return Item(item_id, described.product_id or item_id, image, tuple(described.links), attributes)


def _written(report: IndexReport, refused: Sequence[Rejection]) -> dict[str, object]:
    rejected = [{"item_id": r.item_id, "stage": r.stage, "reason": r.reason} for r in (*refused, *report.rejected)]
    return {"added": report.added, "updated": report.updated, "unchanged": report.unchanged, "rejected": rejected}


def _cursor(state: ServerState, last: Record, sort: str | None) -> str:
    if sort is None:
        return cursor_of(last.item_id)
    return cursor_of(place_of(last, order_from(sort, state.catalog.attributes())), sort)
