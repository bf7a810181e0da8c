"""Pictures larger than a thumbnail, as the server reads them: one that is sent, and an item's own."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request, Response

from sosie.errors import ImageError, ItemNotFound
from sosie.images.decode import decode
from sosie.images.reading import read_file
from sosie.images.transform import encode_thumbnail
from sosie.server.access import reader
from sosie.server.bodies import Picture, read_query
from sosie.server.caching import FOR_A_MINUTE, is_unchanged
from sosie.server.routes import PICTURE_PROBLEMS, ItemIdInQuery, either_body, problems
from sosie.server.schemas import NoOptions, PreviewIn
from sosie.server.state import ServerState, StateOf
from sosie.support.urls import is_url
from sosie.types import Record

router = APIRouter(tags=["search"], dependencies=[reader])
SIDE = 1024
JPEG = "image/jpeg"


@router.post(
    "/v1/preview", operation_id="preview", openapi_extra=either_body(NoOptions, PreviewIn), response_class=Response,
    responses={**problems(*PICTURE_PROBLEMS), 200: {"content": {JPEG: {}}}},
)  # fmt: skip
async def preview(request: Request, state: StateOf) -> Response:
    """A picture that is sent, or is behind a URL, as a JPEG of at most 1,024 × 1,024 pixels; without metadata."""
    async with state.work.place():
        [picture], _ = await read_query(request, NoOptions, PreviewIn)
        data = await state.bytes_of(picture)
        return Response(await _drawn(state, data), media_type=JPEG)


@router.get(
    "/v1/picture", operation_id="picture", response_class=Response,
    responses={**problems(404), 200: {"content": {JPEG: {}}}, 304: {"description": "It has not changed."}},
)  # fmt: skip
async def item_picture(item_id: ItemIdInQuery, request: Request, state: StateOf) -> Response:
    """An item's own picture as a JPEG of at most 1,024 × 1,024 pixels; 404 where it is gone or has changed since."""
    record = await state.work.light(lambda: state.catalog.get(item_id))
    headers = {"ETag": f'"{record.content_sha256}-{SIDE}"', "Cache-Control": f"private, {FOR_A_MINUTE}"}
    if is_unchanged(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    async with state.work.place():
        jpeg = await _drawn(state, await _original(state, record))
    return Response(jpeg, media_type=JPEG, headers=headers)


async def _original(state: ServerState, record: Record) -> bytes:
    """The bytes that were indexed, and no other file: an item may name any path of the server."""
    for reference in (record.image,) if isinstance(record.image, str) else record.image:
        try:
            data = await _bytes_at(state, reference)
        except ImageError:
            continue
        if hashlib.sha256(data).hexdigest() == record.content_sha256:
            return data
    raise ItemNotFound(f"the picture of item {record.item_id!r} cannot be reached any more; its thumbnail can")


async def _bytes_at(state: ServerState, reference: str) -> bytes:
    if is_url(reference):
        return await state.bytes_of(Picture(reference, reference))
    return await state.work.light(lambda: read_file(reference, state.limits))


async def _drawn(state: ServerState, data: bytes) -> bytes:
    return await state.work.heavy(lambda: encode_thumbnail(decode(data, state.limits, SIDE), SIDE))
