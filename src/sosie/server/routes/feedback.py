"""Feedback on matches."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse

from sosie.images.query import NamedBytes
from sosie.server import presenting
from sosie.server.access import writer
from sosie.server.bodies import read_query
from sosie.server.routes import PICTURE_PROBLEMS, either_body, problems
from sosie.server.schemas import FeedbackIn, FeedbackLogOut, FeedbackOptions, FeedbackOut
from sosie.server.state import StateOf

router = APIRouter(tags=["feedback"], dependencies=[writer])
REPRESENTATION = "return=representation"


@router.get("/v1/feedback", response_model=FeedbackLogOut, operation_id="list_feedback", responses=problems())
async def list_feedback(state: StateOf) -> JSONResponse:
    """The feedback on matches for the current embedder."""
    return JSONResponse(presenting.feedback_log_json(await state.work.light(state.catalog.feedback)))


@router.post(
    "/v1/feedback", status_code=204, name="feedback", operation_id="feedback", response_class=Response,
    responses={**problems(404, *PICTURE_PROBLEMS), 200: {"model": FeedbackOut, "description": "What was recorded."}},
    openapi_extra=either_body(FeedbackOptions, FeedbackIn),
)  # fmt: skip
async def feedback_route(
    request: Request,
    state: StateOf,
    prefer: Annotated[str, Header(description=f"With {REPRESENTATION} the response is the recorded feedback.")] = "",
) -> Response:
    """Record that a picture shows an item's product, or that it does not. Durable when the response is sent."""
    async with state.work.place():
        [picture], options = await read_query(request, FeedbackOptions, FeedbackIn)
        data = await state.bytes_of(picture)
        image = NamedBytes(data, options.name) if options.name else data
        record = state.catalog.confirm if options.confirmed else state.catalog.reject
        feedback = await state.work.heavy(lambda: record(image, options.item_id, crop=options.crop))
    if REPRESENTATION not in prefer.lower().replace(" ", ""):
        return Response(status_code=204)
    return JSONResponse(presenting.feedback_json(feedback), headers={"Preference-Applied": REPRESENTATION})
