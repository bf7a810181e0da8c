"""Search by pictures, and by an item."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from sosie.server import presenting
from sosie.server.access import reader
from sosie.server.bodies import Picture, read_query
from sosie.server.routes import PICTURE_PROBLEMS, ItemId, either_body, problems
from sosie.server.schemas import MOST_TOGETHER, SearchIn, SearchOptions, SearchOut, SimilarOptions
from sosie.server.state import ServerState, state_of
from sosie.types import SearchResult

router = APIRouter(tags=["search"], dependencies=[reader])


@router.post(
    "/v1/search", response_model=SearchOut, name="search", operation_id="search", responses=problems(*PICTURE_PROBLEMS),
    openapi_extra=either_body(SearchOptions, SearchIn, MOST_TOGETHER),
)  # fmt: skip
async def search_route(request: Request, state: Annotated[ServerState, Depends(state_of)]) -> JSONResponse:
    """The products most like a picture, best first; several pictures are taken as views of one product."""
    async with state.work.place():
        pictures, options = await read_query(request, SearchOptions, SearchIn, MOST_TOGETHER)
        images, name = await arrived(state, pictures), " + ".join(picture.name for picture in pictures)
        result = await state.work.heavy(lambda: _search(state, images, options))
        answer = presenting.search_answer(result, name)
        if options.explain:
            named = replace(result, query=name)
            drawn = await state.work.heavy(lambda: state.catalog.explain(images[0], named, crop=options.crop))
            answer["results"][0]["explanation"] = presenting.as_data_uri(drawn)
    state.metrics.stages(dict(result.timings))
    return JSONResponse(answer)


@router.get(
    "/v1/items/{item_id}/similar", response_model=SearchOut, operation_id="similar", responses=problems(404)
)  # fmt: skip
async def similar(
    item_id: ItemId, options: Annotated[SimilarOptions, Query()], state: Annotated[ServerState, Depends(state_of)]
) -> JSONResponse:
    """The other products most like an item of the catalogue."""
    result = await state.work.heavy(lambda: state.catalog.similar(item_id, options.k, where=options.where))
    return JSONResponse(presenting.search_answer(result, item_id))


async def arrived(state: ServerState, pictures: list[Picture]) -> list[bytes]:
    """The bytes of pictures; those by URL are fetched at the same time."""
    return list(await asyncio.gather(*(state.bytes_of(picture) for picture in pictures)))


def _search(state: ServerState, images: list[bytes], options: SearchOptions) -> SearchResult:
    return state.catalog.search_together(
        images, options.k, where=options.where, crop=options.crop, min_probability=options.min_probability
    )
