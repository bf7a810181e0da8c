"""A picture as the server reads it, for pages that cannot show it themselves."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from sosie.images.decode import decode
from sosie.images.transform import encode_thumbnail
from sosie.server.access import reader
from sosie.server.bodies import read_query
from sosie.server.routes import PICTURE_PROBLEMS, either_body, problems
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
    """A picture that is sent, or is behind a URL, as a JPEG of at most 1,024 × 1,024 pixels; without metadata."""
    async with state.work.place():
        [picture], _ = await read_query(request, NoOptions, PreviewIn)
        data = await state.bytes_of(picture)
        jpeg = await state.work.heavy(lambda: encode_thumbnail(decode(data, state.limits, SIDE), SIDE))
    return Response(jpeg, media_type=JPEG)
