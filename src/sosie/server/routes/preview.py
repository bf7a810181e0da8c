"""Previews that are larger than a thumbnail: of a sent picture, and of an item's original picture."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from sosie.server.access import reader
from sosie.server.bodies import read_query
from sosie.server.caching import FOR_A_MINUTE, is_unchanged
from sosie.server.originals import draw, draw_original
from sosie.server.routes import PICTURE_PROBLEMS, ItemIdInQuery, either_body, problems
from sosie.server.schemas import NoOptions, PreviewIn
from sosie.server.state import StateOf

router = APIRouter(tags=["search"], dependencies=[reader])
SIDE = 1024
JPEG = "image/jpeg"


@router.post(
    "/v1/preview", operation_id="preview", openapi_extra=either_body(NoOptions, PreviewIn), response_class=Response,
    responses={**problems(*PICTURE_PROBLEMS), 200: {"content": {JPEG: {}}}},
)  # fmt: skip
async def preview(request: Request, state: StateOf) -> Response:
    """A sent picture, or the picture at a URL, as a JPEG of at most 1,024 × 1,024 pixels, without metadata."""
    async with state.work.place():
        [picture], _ = await read_query(request, NoOptions, PreviewIn)
        data = await state.bytes_of(picture)
        return Response(await draw(state, data, SIDE), media_type=JPEG)


@router.get(
    "/v1/picture", operation_id="picture", response_class=Response,
    responses={**problems(404), 200: {"content": {JPEG: {}}}, 304: {"description": "It has not changed."}},
)  # fmt: skip
async def item_picture(item_id: ItemIdInQuery, request: Request, state: StateOf) -> Response:
    """An item's original picture as a JPEG of at most 1,024 × 1,024 pixels; 404 if it is missing or has changed."""
    record = await state.work.light(lambda: state.catalog.get(item_id))
    headers = {"ETag": f'"{record.content_sha256}-{SIDE}"', "Cache-Control": f"private, {FOR_A_MINUTE}"}
    if is_unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    async with state.work.place():
        jpeg = await draw_original(state, record, SIDE)
    return Response(jpeg, media_type=JPEG, headers=headers)
