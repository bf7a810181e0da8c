"""What a person says of a match."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from sosie.server.access import writer
from sosie.server.bodies import read_query
from sosie.server.routes import PICTURE_PROBLEMS, either_body, problems
from sosie.server.schemas import FeedbackIn, FeedbackOptions
from sosie.server.state import ServerState, state_of

router = APIRouter(tags=["feedback"], dependencies=[writer])


@router.post(
    "/v1/feedback", status_code=204, operation_id="feedback", responses=problems(404, *PICTURE_PROBLEMS),
    openapi_extra=either_body(FeedbackOptions, FeedbackIn),
)  # fmt: skip
async def feedback(request: Request, state: Annotated[ServerState, Depends(state_of)]) -> Response:
    """Keep that a picture shows an item's product, or that it does not; durable when answered."""
    async with state.work.place():
        [picture], said = await read_query(request, FeedbackOptions, FeedbackIn)
        data = await state.bytes_of(picture)
        keep = state.catalog.confirm if said.confirmed else state.catalog.reject
        await state.work.heavy(lambda: keep(data, said.item_id, crop=said.crop))
    return Response(status_code=204)
